/** The one device of this page, and how components follow it: made anew when it says that something changed. */
import { computed, readonly, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import type { Device, Phase, SyncStanding } from '@/engine/api'
import { openDevice } from '@/engine/device/device'
import { answerWakes, askToBeWoken, followLine } from './background'

let device: Device | null = null
const phase = ref<Phase>('opening')
const shown = ref(0)
const standing = shallowRef<SyncStanding | null>(null)

/** Open the database of this browser; before it is fulfilled `useDevice` may not be called. */
export async function startDevice(): Promise<void> {
  const opened = await openDevice({ appVersion: __APP_VERSION__ })
  device = opened
  const seen = (): void => opened.setVisible(document.visibilityState === 'visible')
  const network = (): void => opened.setOnline(navigator.onLine)
  answerWakes(opened)
  followLine(opened)
  document.addEventListener('visibilitychange', seen)
  window.addEventListener('online', network)
  window.addEventListener('offline', network)
  seen()
  phase.value = opened.phase
  opened.subscribe((change) => {
    if (change === 'sync') refreshStanding()
    else shown.value++
    if (change === 'phase') {
      phase.value = opened.phase
      refreshStanding()
    }
  })
  refreshStanding()
}

function refreshStanding(): void {
  if (device?.phase !== 'open') return
  standing.value = { ...device.sync.standing }
  askToBeWoken(standing.value)
}

/** The device. Its parts may be read in phase `open` only, which is when screens are shown. */
export function useDevice(): Device {
  if (!device) throw new Error('the device is not open yet')
  return device
}

export function usePhase(): Readonly<Ref<Phase>> {
  return readonly(phase)
}

/** What `read` makes of the device, made anew whenever records, outbox or drafts change. */
export function useShown<T>(read: () => T): ComputedRef<T> {
  return computed(() => {
    void shown.value
    return read()
  })
}

/** How syncing stands at this moment; null until the device is open. */
export function useStanding(): Readonly<Ref<SyncStanding | null>> {
  return standing
}
