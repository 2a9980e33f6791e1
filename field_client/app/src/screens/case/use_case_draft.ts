/** The draft of a case while it is written: kept at each change, captured at the end. */
import { onScopeDispose, ref } from 'vue'
import { useDevice } from '@/device'
import type { CaseDraft, Captured, Found } from '@/engine/api'
import { attempt } from '@/parts/attempt'
import { keeper } from '@/parts/kept'
import { plain, text } from '@/parts/plain'
import type { Ending } from './endings'
import { tellCaptured } from './just_captured'
import { answersFor, saysNothing } from './known_facts'
import { linkVisit } from './link_visit'

export function useCaseDraft(begun: CaseDraft) {
  const device = useDevice()
  const draft = ref<CaseDraft>(plain(begun))
  const keeping = keeper<CaseDraft>(
    (state) => device.cases.keep(state),
    (error) => void attempt(() => Promise.reject(error)),
  )
  let captured = false
  onScopeDispose(() => void attempt(leave))

  /** What was only looked at is no unfinished case. */
  async function leave(): Promise<void> {
    await keeping.settled()
    if (
      !captured &&
      saysNothing(draft.value, formOf(draft.value), factsOf(draft.value.household, draft.value.resident))
    )
      await device.cases.discard(plain(draft.value))
  }

  function change(changes: Partial<CaseDraft>): void {
    draft.value = { ...draft.value, ...changes, touched_ms: device.nowMs() }
    keeping.changed(plain(draft.value))
  }

  /** Another applicant, or nobody of this phone's data: what was known of the last one does not stay behind. */
  function applicant(found: Found | null): void {
    const form = formOf(draft.value)
    const before = factsOf(draft.value.household, draft.value.resident)
    const resident = found?.record
    const household = found
      ? (found.household?.id ?? text(found.record.values['household']))
      : draft.value.household
    const after = factsOf(found ? household : null, resident?.id ?? null)
    change({
      resident: resident?.id ?? null,
      household: household || null,
      ...(found && { applicant_name: '', applicant_phone: '', applicant_identity_number: '' }),
      answers: form ? answersFor(form, draft.value.answers, before, after) : draft.value.answers,
    })
  }
  const formOf = (one: CaseDraft) => device.view.catalogue.form(device.cases.item(one.item).form)
  const factsOf = (household: string | null, resident: string | null) => ({
    household: household ? device.view.get(household) : undefined,
    resident: resident ? device.view.get(resident) : undefined,
  })

  async function capture(ending: Ending, result: string): Promise<Captured | undefined> {
    return attempt(async () => {
      await keeping.settled()
      const done = await device.cases.capture(plain(draft.value), {
        ...(ending === 'finish' && { finish: result }),
        ...(ending === 'online' && { online: true }),
      })
      captured = true
      await keeping.stop()
      await linkVisit(device, draft.value.visit, done.record)
      tellCaptured({ record: done.record, remarks: done.remarks, atMs: device.nowMs() })
      return done
    })
  }

  return { draft, change, applicant, capture }
}
