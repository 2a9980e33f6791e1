/**
 * Part of the service worker: the browser says that there is a network again (Background Sync), after the app asked for it
 * because something waited. A window of the app whose vault is open is told to sync and may take its time; the browser
 * keeps this worker alive until it answers. Without one, what waits is handed over sealed (engine/exchange/hand_over.ts).
 */
import { handOverClosed } from '@/engine/exchange/hand_over'

const TAG = 'allpost-hand-over'
const WAIT_MS = 60_000

/** What this needs of a service worker; the types of pages do not have it. */
interface Worker {
  clients: {
    matchAll(of: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly Window[]>
  }
  addEventListener(type: 'sync', heard: (event: SyncEvent) => void): void
}
interface Window {
  postMessage(message: unknown, transfer: Transferable[]): void
}
interface SyncEvent {
  tag: string
  waitUntil(work: Promise<unknown>): void
}
declare const self: Worker

self.addEventListener('sync', (event) => {
  // rejected where there was no network after all: the browser tries again
  if (event.tag === TAG) event.waitUntil(handOver())
})

async function handOver(): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const answers = await Promise.all(windows.map(wake))
  if (answers.includes('done')) return
  // one at a time: what the first has handed over the next finds noted
  await navigator.locks.request(TAG, () => handOverClosed())
}

/** `done` when that window has synced, `closed` where its vault is; null where it does not answer. */
function wake(client: Window): Promise<unknown> {
  return new Promise((answered) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = (event) => answered(event.data)
    setTimeout(() => answered(null), WAIT_MS)
    client.postMessage({ type: TAG }, [port2])
  })
}
