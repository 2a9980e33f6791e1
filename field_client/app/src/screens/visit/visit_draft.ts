/** A visit in progress as its page holds it: kept at each change, until it is finished or put aside. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { useDevice } from '@/device'
import type { Captured, VisitDraft } from '@/engine/api'
import { Refused } from '@/engine/errors'
import type { Problem } from '@/engine/problem'
import { attempt } from '@/parts/attempt'
import { keeper } from '@/parts/kept'
import { plain } from '@/parts/plain'

export interface OpenVisit {
  draft: Ref<VisitDraft>
  /** 无异常 was tapped. */
  nothing: Ref<boolean>
  /** What the last try to finish it found wrong. */
  problems: Ref<readonly Problem[]>
  finish: () => Promise<Captured | undefined>
  /** Puts it aside; answers whether that went well. */
  discard: () => Promise<boolean>
}

/** What 无异常 is kept under: the record itself knows findings only, an empty list says the same. */
function nothingName(draft: string): string {
  return `visit-nothing/${draft}`
}

export function useVisitDraft(opened: VisitDraft): OpenVisit {
  const { visits, drafts } = useDevice()
  const draft = ref(plain(opened))
  const nothing = ref(drafts.get<boolean>(nothingName(opened.id)) ?? false)
  const problems = ref<readonly Problem[]>([])
  const failed = (error: unknown): void => void attempt(() => Promise.reject(error))
  const keepingVisit = keeper<VisitDraft>((state) => visits.keep(state), failed)
  const keepingNothing = keeper<boolean>((state) => drafts.keep(nothingName(opened.id), state), failed)
  watch(draft, (state) => keepingVisit.changed(plain(state)), { deep: true })
  watch(nothing, (state) => keepingNothing.changed(state))
  onScopeDispose(() => void attempt(() => Promise.all([keepingVisit.settled(), keepingNothing.settled()])))

  async function end<T>(act: () => Promise<T>): Promise<T | undefined> {
    await keepingVisit.settled()
    const done = await act()
    await keepingVisit.stop()
    await keepingNothing.stop()
    // what is done is on the disk; nobody waits until its draft is taken away
    drafts.forget(nothingName(opened.id)).catch(() => undefined)
    return done
  }

  return {
    draft,
    nothing,
    problems,
    finish: () =>
      attempt(async () => {
        try {
          return await end(() => visits.finish(plain(draft.value)))
        } catch (error) {
          if (error instanceof Refused) problems.value = error.problems
          throw error
        }
      }),
    discard: async () =>
      (await attempt(() => end(() => visits.discard(plain(draft.value)).then(() => true)))) === true,
  }
}

/** Takes a finished visit back and brings its draft to where it was. Answers the draft's id. */
export async function takeVisitBack(
  visits: ReturnType<typeof useDevice>['visits'],
  finished: VisitDraft,
  record: string,
  reason: string,
): Promise<string> {
  await visits.void(record, reason)
  const { household, place, grid, item, occurred_at } = finished
  const where = {
    ...(household === null ? {} : { household }),
    ...(place === null ? {} : { place }),
    ...(grid === null ? {} : { grid }),
  }
  const again =
    occurred_at === null
      ? await visits.start({ ...where, ...(item === null ? {} : { item }) })
      : await visits.writeUp(where, occurred_at)
  await visits.keep({ ...finished, id: again.id, ended_at: null })
  return again.id
}
