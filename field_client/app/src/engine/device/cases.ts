/** Cases: found by item, written down with what is known, captured at once with their ending, moved, and told. */
import type { CaseDraft, Captured, Cases, CaseSheet, ItemFound, MaterialState, Promised } from '../api'
import { NotFound, Refused } from '../errors'
import { answerFields, answersOf, nest } from '../forms/answers'
import type { Item } from '../forms/catalogue'
import { visible } from '../forms/check'
import type { Answer, Answers, FlatAnswers, Form } from '../forms/definition'
import { loadCel } from '../forms/expression'
import { handOver } from '../forms/handling/duty'
import { checkMaterials, oneOffNotice } from '../forms/handling/materials'
import { mistakes } from '../forms/messages'
import { loadPinyin, prepareSearch, search } from '../forms/search'
import type { Problem } from '../problem'
import { text, type Fields } from '../field_values'
import type { FieldRecord } from '../sync/record'
import { CaseDrafts, copiedCase } from './case_drafts'
import { goesOn, itemOfCase, materialsOf, windowIsAwaited } from './case_facts'
import { capturedBefore, endingOf, endingProblems, visitItem, type Ending } from './case_ending'
import { moveFields } from './case_moves'
import { receiptOf } from './case_receipt'
import { promiseNow, sheetOf } from './case_sheet'
import {
  answerProblems,
  caseFields,
  caseProblems,
  materialFields,
  prefilled,
  villageOf,
} from './case_writing'
import type { Core } from './core'
import { VisitDrafts } from './visit_drafts'

const RECENT_ITEMS = 8

export class DeviceCases implements Cases {
  private readonly drafts: CaseDrafts
  /** Sheets of one day and version of what is shown. */
  private readonly made = new Map<string, CaseSheet>()
  private madeFor = ''
  private readonly capturing = new Map<string, Promise<Captured>>()

  constructor(private readonly core: Core) {
    this.drafts = new CaseDrafts(core)
  }

  ready(): Promise<void> {
    return loadCel()
  }

  async searchReady(): Promise<void> {
    await loadPinyin()
    prepareSearch(this.core.view.catalogue)
  }

  item(key: string): Item {
    const { catalogue } = this.core.view
    const today = this.core.today()
    const byNumber = /^\d+$/.test(key)
      ? catalogue.itemsInForce(today).find((one) => one.number === Number(key))
      : undefined
    const found = catalogue.current(key, today) ?? byNumber
    if (found) return found
    if (catalogue.items.length) throw new NotFound(`目录里没有这个事项：${key}`, `no such item: ${key}`)
    throw new NotFound('还没有事项目录', 'there is no catalogue yet', '请先联网同步', 'sync first')
  }

  searchItems(query: string, options: { department?: string; limit?: number } = {}): ItemFound[] {
    const found = search(this.core.view.catalogue, query, this.core.today(), options.department)
    return found.slice(0, options.limit)
  }

  recentItems(): Item[] {
    const { view, identity } = this.core
    const used = view
      .ofKind('case')
      .filter((one) => one.values.first_contact === identity.worker.id)
      .sort((one, other) => capturedMs(other) - capturedMs(one))
      .map((one) => text(one.values, 'item'))
    return [...new Set(used)]
      .slice(0, RECENT_ITEMS)
      .flatMap((key) => view.catalogue.current(key, this.core.today()) ?? [])
  }

  promise(item: Item): Promised {
    return promiseNow(this.core, item)
  }

  notice(item: Item, materials: Record<string, MaterialState>): ReturnType<Cases['notice']> {
    return oneOffNotice(item, materials, this.core.today())
  }

  async begin(wanted: Parameters<Cases['begin']>[0]): Promise<CaseDraft> {
    const { core } = this
    await loadCel()
    const item = this.item(wanted.item)
    if (item.mode === 'visit') throw new Refused([visitItem(item)])
    const where = this.whereOf(wanted)
    const begun = this.drafts.all().find((one) => one.item === item.key && isFor(one, where))
    if (begun) return begun
    const household = core.view.get(where.household ?? '')
    const resident = where.resident === null ? undefined : core.require('resident', where.resident)
    const draft: CaseDraft = {
      id: core.newId(),
      item: item.key,
      item_version: item.version,
      ...where,
      applicant_name: '',
      applicant_phone: '',
      applicant_identity_number: '',
      answers: prefilled(core.view.catalogue.form(item.form), household, resident),
      materials: {},
      told: false,
      note: '',
      signature: null,
      step: 0,
      touched_ms: core.nowMs(),
    }
    await this.drafts.keep(draft)
    return draft
  }

  keep(draft: CaseDraft): Promise<void> {
    return this.drafts.keep(draft)
  }

  openDrafts(): CaseDraft[] {
    return this.drafts.all()
  }

  discard(draft: CaseDraft): Promise<void> {
    return this.drafts.forget(draft.id)
  }

  check(draft: CaseDraft): Problem[] {
    return caseProblems(this.core, this.itemOf(draft), draft)
  }

  visible(form: Form, answers: FlatAnswers): Set<string> {
    return visible(form, nest(answers))
  }

  nested(answers: FlatAnswers): Answers {
    return nest(answers)
  }

  /** A second tap while the first is under way gets what that one makes. */
  capture(draft: CaseDraft, ending: Ending = {}): Promise<Captured> {
    const begun = this.capturing.get(draft.id)
    if (begun) return begun
    const work = this.captureOnce(draft, ending).finally(() => this.capturing.delete(draft.id))
    this.capturing.set(draft.id, work)
    return work
  }

  private async captureOnce(draft: CaseDraft, ending: Ending): Promise<Captured> {
    const { core } = this
    if (core.view.get(draft.id)) throw new Refused([capturedBefore()])
    const written = copiedCase(draft)
    // what was typed last is safe even if it is refused
    await this.drafts.keep(written)
    await loadCel()
    const item = this.itemOf(written)
    if (item.mode === 'visit') throw new Refused([visitItem(item)])
    const village = villageOf(core, written)
    const captured = await core.capture([
      {
        kind: 'case',
        village,
        action: 'create',
        record: written.id,
        fields: caseFields(core, item, written),
        problems: [...caseProblems(core, item, written), ...endingProblems(item, ending)],
      },
      ...endingOf(item, written.id, village, ending),
    ])
    // the case is on the disk; its draft is no draft any more, even where it could not be taken away now
    await this.drafts.forget(written.id).catch(() => undefined)
    const [first, ...more] = captured
    if (first === undefined) throw new NotFound('没有登记成功', 'nothing was captured')
    return { ...first, remarks: told([first, ...more]) }
  }

  mine(open = true): CaseSheet[] {
    const { core } = this
    return this.sheets(
      (one) => one.values.holder === core.identity.worker.id && (!open || goesOn(itemOfCase(core, one), one)),
    )
  }

  ofWindow(): CaseSheet[] {
    const { core } = this
    if (core.view.duty(core.today()) !== 'window') return []
    const me = core.identity.worker.id
    // most wait for somebody else: they are not made into sheets only to be left out
    return this.sheets(
      (one) => one.values.holder !== me && windowIsAwaited(itemOfCase(core, one), one),
    ).filter((sheet) => sheet.moves.some((move) => move.onward && move.allowed))
  }

  sheet(record: string): CaseSheet {
    return this.sheetOf(this.core.require('case', record))
  }

  ofHousehold(household: string): CaseSheet[] {
    return this.core.view
      .children(household, 'case')
      .sort((one, other) => capturedMs(other) - capturedMs(one))
      .map((one) => this.sheetOf(one))
  }

  async setMaterials(
    record: string,
    materials: Record<string, MaterialState>,
    isTold = false,
  ): Promise<Captured> {
    const { core } = this
    const found = core.require('case', record)
    const item = itemOfCase(core, found)
    const whole = { ...materialsOf(found.values), ...materials }
    const fields = materialFields(materials)
    if (isTold && item && oneOffNotice(item, whole, core.today()).ready) fields.missing_told_at = core.said()
    return core.change('case', record, fields, item ? checkMaterials(item, materials) : [])
  }

  async setAnswers(record: string, answers: Record<string, Answer | null>): Promise<Captured> {
    const { core } = this
    await loadCel()
    const found = core.require('case', record)
    const item = itemOfCase(core, found)
    const whole = { ...answersOf(found.values), ...answers }
    const problems = item ? answerProblems(core, item, whole) : []
    return core.change('case', record, answerFields(answers), mistakes(problems))
  }

  async change(record: string, fields: Fields): Promise<Captured> {
    return this.core.change('case', record, fields)
  }

  async move(record: string, to: string, fields: Fields = {}): Promise<Captured> {
    const found = this.core.require('case', record)
    return this.core.change('case', record, moveFields(found, to, this.core.said(), fields))
  }

  async handOver(record: string, receiver: string, reason: string): Promise<Captured> {
    const { values } = this.core.require('case', record)
    const at = new Date(this.core.said()).toISOString()
    return this.core.change('case', record, handOver(values, receiver, reason.trim(), at))
  }

  async void(record: string, reason: string): Promise<Captured> {
    return this.core.void('case', record, reason)
  }

  receipt(record: string): ReturnType<Cases['receipt']> {
    return receiptOf(this.core, this.core.require('case', record))
  }

  /** A captured case keeps its item's version; a draft follows the present one, or its own where there is none. */
  private itemOf(draft: CaseDraft): Item {
    const { view } = this.core
    const captured = view.get(draft.id)
    const own = captured && itemOfCase(this.core, captured)
    const present = view.catalogue.current(draft.item, this.core.today())
    return own ?? present ?? view.catalogue.item(draft.item, draft.item_version) ?? this.item(draft.item)
  }

  /** Cases here as sheets, the oldest first. */
  private sheets(wanted: (record: FieldRecord) => boolean): CaseSheet[] {
    return this.core.view
      .ofKind('case')
      .filter(wanted)
      .sort((one, other) => capturedMs(one) - capturedMs(other))
      .map((one) => this.sheetOf(one))
  }

  private sheetOf(record: FieldRecord): CaseSheet {
    const now = `${this.core.version} ${this.core.today()}`
    if (now !== this.madeFor) this.made.clear()
    this.madeFor = now
    const sheet = this.made.get(record.id) ?? sheetOf(this.core, record)
    this.made.set(record.id, sheet)
    return sheet
  }

  /** For whom and where: what is not said follows from the visit and from the resident. */
  private whereOf(
    wanted: Parameters<Cases['begin']>[0],
  ): Pick<CaseDraft, 'household' | 'resident' | 'visit'> {
    const visit = wanted.visit ?? null
    const during =
      visit === null ? undefined : new VisitDrafts(this.core).all().find((one) => one.id === visit)
    const alone = during?.met.length === 1 ? during.met[0] : undefined
    const resident = wanted.resident ?? alone ?? null
    const home = text(this.core.view.get(resident ?? '')?.values ?? {}, 'household')
    return { household: (wanted.household ?? during?.household ?? home) || null, resident, visit }
  }
}

/** Whether a draft is one for the same person; without a person, whether nothing was written into it yet. */
function isFor(draft: CaseDraft, where: Pick<CaseDraft, 'household' | 'resident' | 'visit'>): boolean {
  const { household, resident, visit } = where
  const same = draft.household === household && draft.resident === resident && draft.visit === visit
  return same && (resident !== null || isUnwritten(draft))
}

function isUnwritten(draft: CaseDraft): boolean {
  const { answers, materials, applicant_name: name, note } = draft
  return !name && !note && !Object.keys(answers).length && !Object.keys(materials).length
}

/** The remarks of all operations of a capture, each told once. */
function told(captured: readonly Captured[]): Problem[] {
  const remarks = captured.flatMap((one) => one.remarks)
  return remarks.filter((one, at) => remarks.findIndex((other) => other.message === one.message) === at)
}

function capturedMs(record: FieldRecord): number {
  return Date.parse(text(record.values, 'captured_at'))
}
