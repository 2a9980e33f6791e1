import { ref, shallowRef, type Ref } from 'vue'

/** One try at a time; what went wrong stays to be shown beside the form. */
export function useTrying(): {
  busy: Ref<boolean>
  error: Ref<unknown>
  trying: (act: () => Promise<void>) => Promise<boolean>
} {
  const busy = ref(false)
  const error = shallowRef<unknown>(null)
  async function trying(act: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    error.value = null
    try {
      await act()
      return true
    } catch (caught) {
      error.value = caught
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, error, trying }
}
