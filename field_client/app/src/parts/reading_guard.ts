/**
 * Where reading has ended (a lock, or too long without contact) only pages that capture, or tell of this phone, are reached;
 * all others lead to Today, which says why. An address that was kept from before opens nothing either.
 */
import { watch } from 'vue'
import { useRouter } from 'vue-router'
import { useDevice, usePhase, useShown } from '@/device'

const OPEN: ReadonlySet<unknown> = new Set([
  'today',
  'write-up',
  'visit',
  'items',
  'item',
  'case-new',
  'case-draft',
  'outbox',
  'me',
  'settings',
  'change-pin',
  'storage',
  'this-device',
  'sign-in',
  'help',
  'rescue',
  'carried',
  'scan-rescue',
])

export function useReadingGuard(): void {
  const device = useDevice()
  const phase = usePhase()
  const router = useRouter()
  const ended = useShown(() => phase.value === 'open' && !device.reading.allowed)

  router.beforeEach((to) => (ended.value && !OPEN.has(to.name) ? { name: 'today' } : true))
  watch(
    ended,
    (now) => {
      if (now && !OPEN.has(router.currentRoute.value.name)) void router.replace({ name: 'today' })
    },
    { immediate: true },
  )
  watch(phase, (now) => {
    // the address of a record's page is of no use to whoever has the phone now
    if (now === 'wiped') void router.replace({ name: 'today' })
  })
}
