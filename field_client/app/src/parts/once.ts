/** A tap counts once: what is under way is not begun a second time by a second tap. */
import { ref, type Ref } from 'vue'

export interface Once {
  busy: Readonly<Ref<boolean>>
  /** Runs `act` unless something is under way here; it is over also when `act` goes wrong. */
  once: (act: () => Promise<unknown>) => Promise<void>
}

export function useOnce(): Once {
  const busy = ref(false)
  return {
    busy,
    once: async (act) => {
      if (busy.value) return
      busy.value = true
      try {
        await act()
      } finally {
        busy.value = false
      }
    },
  }
}
