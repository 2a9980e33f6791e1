/** A form that keeps itself at each change and is there again after a closed browser. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { useDevice } from '@/device'
import { attempt } from './attempt'
import { keeper } from './kept'
import { plain } from './plain'

export interface FormDraft<T> {
  form: Ref<T>
  /** Whether it was taken up again from what was typed before. */
  resumed: boolean
  /** Forget what was typed; after it was captured, or to begin anew. */
  forget: () => Promise<void>
}

/** `name` tells the drafts of this phone apart; `initial` is what an untouched form holds. */
export function useFormDraft<T extends object>(name: string, initial: T): FormDraft<T> {
  const { drafts } = useDevice()
  const kept = drafts.get<T>(name)
  const form = ref({ ...plain(initial), ...kept }) as Ref<T>
  const keeping = keeper<T>(
    (state) => drafts.keep(name, state),
    (error) => void attempt(() => Promise.reject(error)),
  )
  watch(form, (state) => keeping.changed(plain(state)), { deep: true })
  onScopeDispose(() => void attempt(keeping.settled))
  return {
    form,
    resumed: kept !== undefined,
    forget: async () => {
      await keeping.stop()
      await drafts.forget(name)
    },
  }
}
