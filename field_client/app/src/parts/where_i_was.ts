/** After a crash, a call or a lock: open, PIN, and the page is the one that was left. */
import { watch } from 'vue'
import { useRouter } from 'vue-router'
import { useDevice, usePhase } from '@/device'

const DRAFT = 'shell.place'
// next morning begins with Today
const FRESH_MS = 3 * 60 * 60 * 1000

interface Place {
  path: string
  atMs: number
}

export function useWhereIWas(): void {
  const device = useDevice()
  const phase = usePhase()
  const router = useRouter()

  router.afterEach((to) => {
    if (device.phase !== 'open') return
    // losing a bookmark harms nobody, so a failure here is not worth a word
    device.drafts
      .keep(DRAFT, { path: to.fullPath, atMs: device.nowMs() } satisfies Place)
      .catch(() => undefined)
  })

  watch(
    phase,
    (now) => {
      if (now !== 'open' || router.currentRoute.value.path !== '/') return
      const place = device.drafts.get<Place>(DRAFT)
      if (place && place.path !== '/' && device.nowMs() - place.atMs < FRESH_MS) void router.push(place.path)
    },
    { immediate: true },
  )
}
