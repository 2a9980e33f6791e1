/**
 * Background Sync, where the browser has it (Chrome on Android): while something waits, the browser is asked to say when
 * there is a network, also where the app's window lies behind others. public/hand_over.js hears it and tells this window.
 */
import type { Device, SyncStanding } from './engine/api'

const TAG = 'allpost-hand-over'

interface SyncRegistration {
  sync?: { register(tag: string): Promise<void> }
}

let asked = false

/** Ask once for each time that something waits. */
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

/** Sync when the service worker says that there is a network, and answer it when that is done. */
export function answerWakes(device: Device): void {
  if (!('serviceWorker' in navigator)) return
  navigator.serviceWorker.addEventListener('message', (event: MessageEvent<unknown>) => {
    const [port] = event.ports
    const { type } = (event.data ?? {}) as { type?: string }
    if (type !== TAG) return
    const synced = device.phase === 'open' ? device.sync.now() : Promise.resolve()
    // how it ended is told by the standing
    void synced.catch(() => undefined).then(() => port?.postMessage('done'))
  })
}
