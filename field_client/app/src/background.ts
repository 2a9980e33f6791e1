/**
 * Background Sync, where the browser has it (Chrome on Android): while something waits, the browser is asked to say when
 * there is a network, also where the app's window lies behind others or is closed. hand_over.ts, in the service worker,
 * hears it: it tells this window, or hands over without it where none is open with its vault.
 */
import type { Device, SyncStanding } from './engine/api'

const TAG = 'allpost-hand-over'

interface SyncRegistration {
  sync?: { register(tag: string): Promise<void> }
}

let asked = false

/** Ask once for each time that something waits, and again when the line was lost meanwhile. */
export function askToBeWoken({ waiting, waitingFiles }: SyncStanding): void {
  const waits = waiting + waitingFiles > 0
  if (!waits) asked = false
  if (!waits || asked || !('serviceWorker' in navigator)) return
  asked = true
  // a browser that has it not, or does not allow it, changes nothing
  navigator.serviceWorker.ready
    .then((registration) => (registration as SyncRegistration).sync?.register(TAG))
    .catch(() => undefined)
}

/**
 * Sync when the service worker says that there is a network, and answer it when that is done; or at once, that this window
 * cannot, as its vault is closed.
 */
export function answerWakes(device: Device): void {
  // what the browser was asked for before it may have been tried in vain
  window.addEventListener('offline', () => (asked = false))
  if (!('serviceWorker' in navigator)) return
  navigator.serviceWorker.addEventListener('message', (event: MessageEvent<unknown>) => {
    const [port] = event.ports
    const { type } = (event.data ?? {}) as { type?: string }
    if (type !== TAG) return
    if (device.phase !== 'open') return port?.postMessage('closed')
    // how it ended is told by the standing
    const synced = device.sync.now().catch(() => undefined)
    void synced.then(() => port?.postMessage('done'))
  })
}

interface Line extends EventTarget {
  type?: string
}

/** Sync when the phone changes to another kind of network (Wi-Fi after mobile data): what waited for it goes. */
export function followLine(device: Device): void {
  const { connection } = navigator as { connection?: Line }
  let before = connection?.type
  connection?.addEventListener?.('change', () => {
    // it tells of every change of speed, too
    if (connection.type === before) return
    before = connection.type
    // how it ended is told by the standing
    if (device.phase === 'open' && navigator.onLine) device.sync.now().catch(() => undefined)
  })
}
