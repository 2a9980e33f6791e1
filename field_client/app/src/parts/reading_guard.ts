/**
 * Where reading has ended (a lock, or too long without contact) only pages that capture, or tell of this phone, are reached;
 * all others lead to Today, which says why. An address that was kept from before opens nothing either, and a draft about
 * somebody who is in the data waits until it may be read again.
 */
import { watch } from 'vue'
import { useRouter, type RouteLocationNormalized } from 'vue-router'
import { justCaptured } from './just_captured'
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

  function reached({ name, params }: RouteLocationNormalized): boolean {
    // the slip of what was captured just now is for whoever stands there
    if (name === 'case-receipt') return justCaptured(String(params['id'])) !== null
    if (!OPEN.has(name)) return false
    const visit = name === 'visit' ? device.visits.open().find((one) => one.id === params['id']) : null
    const written =
      name === 'case-draft' ? device.cases.openDrafts().find((one) => one.id === params['id']) : null
    return !visit?.household && !written?.household && !written?.resident
  }

  router.beforeEach((to) => (ended.value && !reached(to) ? { name: 'today' } : true))
  watch(
    ended,
    (now) => {
      if (now && !reached(router.currentRoute.value)) void router.replace({ name: 'today' })
    },
    { immediate: true },
  )
  watch(phase, (now) => {
    // the address of a record's page is of no use to whoever has the phone now
    if (now === 'wiped') void router.replace({ name: 'today' })
  })
}
