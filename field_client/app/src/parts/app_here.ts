/**
 * Whether every part of the app is on the phone, so that a page that was never opened opens without a signal too. The
 * browser fetches them by itself, but gives up for good where the line breaks on the way (2G): here it is asked again,
 * and goes on from where it stopped, as what came is kept.
 */
import { readonly, ref, type Ref } from 'vue'
import { pause } from '@/engine/backoff'

const AGAIN_MS = 5_000
const WORKER = `${import.meta.env.BASE_URL}sw.js`

// a browser that keeps nothing has nothing to wait for
const here = ref(true)
let looking = false

export function useAppHere(): Readonly<Ref<boolean>> {
  if (!looking) {
    looking = true
    look()
  }
  return readonly(here)
}

function look(): void {
  const workers = 'serviceWorker' in navigator ? navigator.serviceWorker : null
  if (import.meta.env.DEV || workers === null || workers.controller !== null) return
  here.value = false
  void workers.ready.then(() => (here.value = true))
  void askAgain(workers)
}

async function askAgain(workers: ServiceWorkerContainer): Promise<void> {
  for (;;) {
    await pause(AGAIN_MS)
    if (here.value) return
    const registration = await workers.getRegistration().catch(() => undefined)
    if (registration) continue
    try {
      await workers.register(WORKER)
    } catch (error) {
      // a broken line is a TypeError; anything else is a browser that will not keep them, today or later
      if (!(error instanceof TypeError)) here.value = true
    }
  }
}
