/** A new version waits until the worker says so; what is being written is kept before the page is loaded anew. */
import { useRegisterSW } from 'virtual:pwa-register/vue'
import { ref, type Ref } from 'vue'
import { flush } from './kept'

const TAKEN_OVER_MS_MAX = 5000
const LOOK_EVERY_MS = 60 * 60 * 1000

interface Updating {
  waits: Ref<boolean>
  later: Ref<boolean>
  update: () => Promise<void>
}

let held: Updating | null = null

export function useUpdating(): Updating {
  held ??= register()
  return held
}

function register(): Updating {
  const { needRefresh, updateServiceWorker } = useRegisterSW({
    onRegisteredSW(_url, registration) {
      if (!registration) return
      const look = (): void => void registration.update().catch(() => undefined)
      setInterval(look, LOOK_EVERY_MS)
      window.addEventListener('online', look)
    },
  })
  return {
    waits: needRefresh,
    later: ref(false),
    async update() {
      await flush()
      const loadAnew = (): void => window.location.reload()
      // on the day of the first visit the page itself has to see that the new version took over
      navigator.serviceWorker.addEventListener('controllerchange', loadAnew, { once: true })
      await updateServiceWorker(true)
      setTimeout(loadAnew, TAKEN_OVER_MS_MAX)
    },
  }
}
