/** The first download of a new phone: shown until it is finished, or the worker goes on with what is here. */
import { computed, ref, watch, type ComputedRef } from 'vue'
import { useDevice, usePhase, useStanding } from '@/device'
import { useAppHere } from '@/parts/app_here'

const passed = ref(false)

export function useFirstDownload(): { downloading: ComputedRef<boolean>; pass: () => void } {
  const device = useDevice()
  const phase = usePhase()
  const standing = useStanding()
  const appHere = useAppHere()
  const downloading = computed(
    () => !passed.value && standing.value !== null && !(standing.value.ready && appHere.value),
  )

  watch(
    [phase, downloading],
    () => {
      // the standing tells what came of it
      if (phase.value === 'open' && downloading.value) device.sync.now().catch(() => undefined)
    },
    { immediate: true },
  )
  return { downloading, pass: () => (passed.value = true) }
}
