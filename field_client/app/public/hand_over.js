/**
 * Part of the service worker: the browser says that there is a network again (Background Sync), after the app asked for it
 * because something waited. An open window of the app is told to sync and may take its time; the browser keeps this worker
 * alive until it answers.
 *
 * Without a window there is nobody who knows the data key: nothing is done, and nothing is claimed. What waits goes when the
 * app is opened, as always.
 */
const TAG = 'allpost-hand-over'
const WAIT_MS = 60_000

self.addEventListener('sync', (event) => {
  if (event.tag === TAG) event.waitUntil(wakeWindows())
})

async function wakeWindows() {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  await Promise.all(windows.map(wake))
}

function wake(client) {
  return new Promise((answered) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = answered
    setTimeout(answered, WAIT_MS)
    client.postMessage({ type: TAG }, [port2])
  })
}
