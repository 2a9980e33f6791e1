/** The draft of a case while it is written: kept at each change, captured at the end. */
import { onScopeDispose, ref } from 'vue'
import { useDevice } from '@/device'
import type { CaseDraft, Captured, Device, Found } from '@/engine/api'
import type { Form } from '@/engine/forms/definition'
import { attempt } from '@/parts/attempt'
import { keeper } from '@/parts/kept'
import { plain, text } from '@/parts/plain'
import type { Ending } from './endings'
import { tellCaptured } from '@/parts/just_captured'
import { answersFor, saysNothing, type Facts } from './known_facts'
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
    const { household, resident } = draft.value
    const says = !saysNothing(draft.value, formOf(device, draft.value), factsOf(device, household, resident))
    if (!captured && !says) await device.cases.discard(plain(draft.value))
  }

  function change(changes: Partial<CaseDraft>): void {
    draft.value = { ...draft.value, ...changes, touched_ms: device.nowMs() }
    keeping.changed(plain(draft.value))
  }

  const applicant = (found: Found | null) => change(applicantChanges(device, draft.value, found))

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

/** Another applicant, or nobody of this phone's data: what was known of the last one does not stay behind. */
function applicantChanges(device: Device, draft: CaseDraft, found: Found | null): Partial<CaseDraft> {
  const form = formOf(device, draft)
  const before = factsOf(device, draft.household, draft.resident)
  const resident = found?.record.id ?? null
  const household = found ? (found.household?.id ?? text(found.record.values['household'])) : draft.household
  const after = factsOf(device, found ? household : null, resident)
  return {
    resident,
    household: household || null,
    ...(found && { applicant_name: '', applicant_phone: '', applicant_identity_number: '' }),
    answers: form ? answersFor(form, draft.answers, before, after) : draft.answers,
  }
}

function formOf(device: Device, draft: CaseDraft): Form | undefined {
  return device.view.catalogue.form(device.cases.item(draft.item).form)
}

function factsOf(device: Device, household: string | null, resident: string | null): Facts {
  return {
    household: household ? device.view.get(household) : undefined,
    resident: resident ? device.view.get(resident) : undefined,
  }
}
