import { beforeEach, describe, expect, it } from 'vitest'
import type { CaseDraft } from '@/engine/api'
import { DeviceCases } from '@/engine/device/cases'
import { operationOf } from '@/engine/device/outbox'
import { DeviceVisits } from '@/engine/device/visits'
import { NotFound, Refused } from '@/engine/errors'
import type { Problem } from '@/engine/problem'
import type { Fields } from '@/engine/field_values'
import { bring, IDENTITY_NUMBER, OLD_AGE, oldAge, OLD_AGE_ANSWERS, openCases, SAID } from './cases_core'
import { COLLEAGUE, HEAD, HOME, over } from './open_core'
import { freshDisk, reopened, WORKER } from './phone'

beforeEach(freshDisk)

async function refusal(work: Promise<unknown>): Promise<readonly Problem[]> {
  const error = await work.then(() => undefined).catch((thrown: unknown) => thrown)
  if (!(error instanceof Refused)) throw new Error('was not refused', { cause: error })
  return error.problems
}

function told(problems: readonly Problem[]): string[] {
  return problems.map((one) => `${one.pointer} ${one.code}`)
}

function filled(draft: CaseDraft, more: Partial<CaseDraft> = {}): CaseDraft {
  return { ...draft, answers: { ...draft.answers, ...OLD_AGE_ANSWERS }, ...more }
}

describe('an item', () => {
  it('is found by its key, its number, and as one types', async () => {
    const { cases } = await openCases()
    expect(cases.item(OLD_AGE).number).toBe(60)
    expect(cases.item('60').key).toBe(OLD_AGE)
    expect(() => cases.item('nothing')).toThrow(NotFound)
    expect(cases.searchItems('glbt', { limit: 3 })[0]?.item.key).toBe(OLD_AGE)
    expect(cases.searchItems('', { limit: 3 })).toHaveLength(3)
  })

  it('says on the spot when it would be settled, with every caveat', async () => {
    const { cases } = await openCases()
    const promised = cases.promise(cases.item(OLD_AGE))
    expect([promised.dueOn, promised.demonstration, promised.tentative]).toEqual(['2026-12-17', true, false])
    expect(promised.text.zh).toContain('预计2026年12月17日前办结，以部门受理为准；演示时限')
  })
})

describe('a new case', () => {
  it('begins with what is known, and is kept at once', async () => {
    const { cases, store } = await openCases()
    const draft = await cases.begin({ item: OLD_AGE, resident: HEAD })
    expect(draft).toMatchObject({
      household: HOME,
      resident: HEAD,
      answers: { contact_phone: '13800000001' },
    })
    const again = await over(await reopened(store))
    expect(new DeviceCases(again.core).openDrafts().map((one) => one.id)).toEqual([draft.id])
  })

  it('is taken up again where it was begun, but not for another applicant outside of the data', async () => {
    const { cases } = await openCases()
    const draft = await cases.begin({ item: OLD_AGE, resident: HEAD })
    await cases.keep({ ...draft, note: '子女代办' })
    expect((await cases.begin({ item: OLD_AGE, resident: HEAD })).note).toBe('子女代办')
    const stranger = await cases.begin({ item: OLD_AGE })
    expect((await cases.begin({ item: OLD_AGE })).id).toBe(stranger.id)
    await cases.keep({ ...stranger, applicant_name: '外来人' })
    expect((await cases.begin({ item: OLD_AGE })).id).not.toBe(stranger.id)
    expect(cases.openDrafts()).toHaveLength(3)
    await cases.discard(stranger)
    expect(cases.openDrafts()).toHaveLength(2)
  })

  it('during a visit is for whom was met there', async () => {
    const { cases, core } = await openCases()
    const visits = new DeviceVisits(core)
    const visit = await visits.start({ household: HOME })
    await visits.keep({ ...visit, met: [HEAD] })
    const draft = await cases.begin({ item: OLD_AGE, visit: visit.id })
    expect(draft).toMatchObject({ visit: visit.id, household: HOME, resident: HEAD })
  })

  it('is no case where the item belongs into a visit', async () => {
    const { cases } = await openCases()
    expect(told(await refusal(cases.begin({ item: 'elderly-care-visit' })))).toEqual(['/item visit-item'])
  })

  it('is told everything that is wrong with it at once, and nothing is kept', async () => {
    const { cases, store } = await openCases()
    const draft = await cases.begin({ item: OLD_AGE })
    const wrong: CaseDraft = {
      ...draft,
      applicant_phone: '12',
      applicant_identity_number: '330499195003120011',
      answers: { age_band: '70', own_account: false, account_holder_identity_number: '1' },
      materials: { nothing: 'copy' },
    }
    const expected = [
      '/applicant_name required',
      '/applicant_phone phone-form',
      '/applicant_identity_number identity-number-check-digit',
      '/answers/age_band option',
      '/answers/account required',
      '/answers/account_holder required',
      '/answers/account_holder_identity_number identity-number-form',
      '/materials/nothing unknown-material',
    ]
    expect(told(cases.check(wrong))).toEqual(expected)
    expect(told(await refusal(cases.capture(wrong))).slice(0, expected.length)).toEqual(expected)
    expect(store.outbox.entries()).toHaveLength(0)
    expect(cases.openDrafts()[0]?.applicant_phone).toBe('12')
  })

  it('asks what its conditions ask', async () => {
    const { cases, view } = await openCases()
    const form = view.catalogue.form(OLD_AGE)
    if (!form) throw new Error('no form')
    expect(cases.visible(form, { own_account: true }).has('account_holder')).toBe(false)
    expect(cases.visible(form, { own_account: false }).has('account_holder')).toBe(true)
    expect(cases.nested({ 'family/r1/name': '沈', amount: 1 })).toEqual({
      family: { r1: { name: '沈' } },
      amount: 1,
    })
  })
})

describe('a captured case', () => {
  it('of a proxy item is entrusted, with its signature, its number, and what was told', async () => {
    const { cases, view, store } = await openCases()
    const draft = await cases.begin({ item: OLD_AGE, resident: HEAD })
    const materials = { 'identity-card': 'original_seen', 'bank-account': 'missing' } as const
    const signature = 'a'.repeat(64)
    const captured = await cases.capture(filled(draft, { materials, told: true, signature }))
    expect(captured.record).toBe(draft.id)
    const values: Fields = view.get(draft.id)?.values ?? {}
    expect(values).toMatchObject({
      item: OLD_AGE,
      state: 'entrusted',
      household: HOME,
      resident: HEAD,
      holder: WORKER,
      first_contact: WORKER,
      entrusted_with: signature,
      'answers/own_account': true,
      'materials/bank-account': 'missing',
    })
    expect(Date.parse(String(values.captured_at))).toBe(Date.parse(SAID))
    expect(values.missing_told_at).toBe(values.captured_at)
    expect(String(values.receipt_number)).toMatch(/^330481106222261123\d{8}[\dX]$/)
    expect(Object.hasOwn(values, 'applicant_name')).toBe(false)
    expect(cases.openDrafts()).toEqual([])
    expect(store.outbox.waitingCount()).toBe(1)
  })

  it('of a direct item is finished at the doorstep in the same capture, with its result', async () => {
    const { cases, view, store } = await openCases()
    const draft = await cases.begin({ item: 'senior-card', resident: HEAD })
    const form = view.catalogue.form(cases.item('senior-card').form)
    const missing = cases.check(draft).filter((one) => one.code === 'required')
    const answers = { ...draft.answers }
    for (const one of missing) {
      const field = form?.fields.find((field) => `/answers/${field.key}` === one.pointer)
      answers[field?.key ?? ''] = field?.type === 'yes_no' ? true : (field?.options?.[0]?.key ?? '2026-11-01')
    }
    await cases.capture({ ...draft, answers }, { finish: ' 已办好 ' })
    expect(view.get(draft.id)?.values).toMatchObject({ state: 'finished', result: '已办好' })
    const [create, move] = store.outbox.entries().map(operationOf)
    expect([create?.action, create?.fields?.state]).toEqual(['create', 'registered'])
    expect([move?.action, move?.seen?.state]).toEqual(['change', 'registered'])
    expect(cases.mine()).toEqual([])
    expect(cases.mine(false).map((one) => one.state.zh)).toEqual(['办结'])
  })

  it('of an item with a department’s system waits for it, and cannot be finished at the doorstep', async () => {
    const { cases, view } = await openCases()
    const draft = await cases.begin({ item: 'medical-insurance-enquiry', resident: HEAD })
    const required = cases.check(draft).map((one) => one.pointer.replace('/answers/', ''))
    const form = view.catalogue.form('medical-insurance-enquiry')
    const answers = { ...draft.answers }
    for (const key of required) {
      const field = form?.fields.find((one) => one.key === key)
      const option = field?.options?.[0]?.key ?? '查询'
      answers[key] = field?.type === 'multiple_choice' ? [option] : field?.type === 'yes_no' ? true : option
    }
    const ready = { ...draft, answers }
    expect(told(await refusal(cases.capture(ready, { finish: '已办' })))).toEqual([
      '/fields/state not-at-doorstep',
    ])
    expect(view.get(draft.id)).toBeUndefined()
    await cases.capture(ready, { online: true })
    const sheet = cases.sheet(draft.id)
    expect([sheet.state.zh, sheet.waitsFor, sheet.isOpen]).toEqual(['待联办', 'window', true])
  })

  it('says what its result is, and a proxy one has none at the doorstep', async () => {
    const { cases } = await openCases()
    const lamp = await cases.begin({ item: 'street-lamp-repair', household: HOME })
    const answers = { description: '灯不亮', place: '村口', facility: 'lamp', dangerous: false }
    const report = { ...lamp, applicant_name: '沈', answers }
    expect(told(await refusal(cases.capture(report, { finish: ' ' })))).toEqual(['/result required'])
    await cases.capture(report, { finish: '已通知电工' })
    expect(cases.sheet(lamp.id).state.zh).toBe('当场答复')
    const proxy = filled(await cases.begin({ item: OLD_AGE, resident: HEAD }))
    expect(told(await refusal(cases.capture(proxy, { finish: '办好了' })))[0]).toBe('/result not-at-doorstep')
  })

  it('is one, however often it is tapped', async () => {
    const { cases, store } = await openCases()
    const draft = filled(await cases.begin({ item: OLD_AGE, resident: HEAD }))
    const [one, other] = await Promise.all([cases.capture(draft), cases.capture(draft)])
    expect(one).toBe(other)
    expect(told(await refusal(cases.capture(draft)))).toEqual([' record-exists'])
    expect(store.outbox.waitingCount()).toBe(1)
    expect(cases.openDrafts()).toEqual([])
  })

  it('of somebody who is not in the data has an applicant and no household', async () => {
    const { cases, view } = await openCases()
    const draft = await cases.begin({ item: OLD_AGE })
    const applicant = {
      applicant_name: ' 外来人 ',
      applicant_phone: '+86 138-0000-0000',
      applicant_identity_number: '33049919500312001x',
    }
    await cases.capture(filled(draft, applicant))
    expect(view.get(draft.id)?.values).toMatchObject({
      applicant_name: '外来人',
      applicant_phone: '13800000000',
      applicant_identity_number: IDENTITY_NUMBER,
    })
    expect(cases.sheet(draft.id).applicant).toEqual({
      name: '外来人',
      phone: '13800000000',
      identityNumberMasked: '330499********001X',
    })
  })

  it('is remarked on where it looks like an open one, whoever captured that, and kept all the same', async () => {
    const open = await openCases()
    const { cases } = open
    await bring(
      open,
      oldAge('received', { first_contact: COLLEAGUE, holder: COLLEAGUE }),
      oldAge('withdrawn'),
    )
    const draft = filled(await cases.begin({ item: OLD_AGE, resident: HEAD }))
    const [suspicion, ...others] = cases.check(draft)
    expect(others).toEqual([])
    expect(suspicion).toMatchObject({ code: 'suspected-duplicate', remark: true })
    expect(suspicion?.message).toContain('（2026-11-20，李四登记）')
    const captured = await cases.capture(draft)
    expect(captured.remarks.map((one) => one.code)).toEqual(['suspected-duplicate'])
    const stranger = await cases.begin({ item: OLD_AGE })
    const same = filled(stranger, { applicant_name: '沈', applicant_identity_number: IDENTITY_NUMBER })
    expect(cases.check(same).map((one) => one.code)).toEqual(['suspected-duplicate', 'suspected-duplicate'])
  })

  it('is among the items used of late', async () => {
    const open = await openCases()
    await bring(open, oldAge('entrusted'), oldAge('entrusted', { item: 'senior-card' }))
    expect(open.cases.recentItems().map((one) => one.key)).toEqual([OLD_AGE, 'senior-card'])
  })
})
