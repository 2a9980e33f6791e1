/** A phone that was put away asks for the PIN again; what was being written is kept first. */
import { onBeforeUnmount, onMounted } from 'vue'
import { useDevice } from '@/device'
import { settings } from '@/settings'
import { flush } from './kept'

export function useAutoLock(): void {
  const device = useDevice()
  let hiddenSince: number | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  async function lock(): Promise<void> {
    await flush()
    if (device.phase === 'open') device.lock()
  }

  function changed(): void {
    clearTimeout(timer)
    const limitMs = settings.lockMinutes * 60_000
    if (document.visibilityState === 'hidden') {
      hiddenSince = Date.now()
      timer = setTimeout(() => void lock(), limitMs)
      void flush()
    } else {
      // timers sleep with the phone, so the span is looked at once more
      if (hiddenSince !== null && Date.now() - hiddenSince >= limitMs) void lock()
      hiddenSince = null
    }
  }

  const leaving = (): void => void flush()
  onMounted(() => {
    document.addEventListener('visibilitychange', changed)
    window.addEventListener('pagehide', leaving)
  })
  onBeforeUnmount(() => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', changed)
    window.removeEventListener('pagehide', leaving)
  })
}
