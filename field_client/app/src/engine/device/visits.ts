/**
 * Rounds and household visits: started on the way, finished at the door, or written up later (补记). A visit in progress
 * is a draft under the id of the record that it becomes; finished, it is captured with its round and its follow-up, all
 * of them or none.
 */
import type { Captured, VisitDraft, Visits } from '../api'
import { NotFound, Refused } from '../errors'
import type { Label, Problem } from '../problem'
import { moment, momentMs } from '../sync/clock'
import { text, texts, type Fields } from '../field_values'
import type { FieldRecord } from '../sync/record'
import { prefilled } from './case_writing'
import type { Core, Draft } from './core'
import { residentsOf, visitsOf } from './households'
import { roundFor, roundOpenAt } from './rounds'
import { householdName } from '../household_name'
import { copiedDraft, VisitDrafts } from './visit_drafts'
import { beganAt, followUpFields, visitFields, visitItem, visitProblems } from './visit_fields'

const REGULAR = 'regular_visit'
/** What a visit was for; the identifiers travel. */
export const PURPOSES: readonly { key: string; label: Label }[] = [
  { key: REGULAR, label: { zh: '日常走访', en: 'regular visit' } },
  { key: 'care', label: { zh: '关爱探访', en: 'care' } },
  { key: 'policy', label: { zh: '政策宣传', en: 'policies explained' } },
  { key: 'safety', label: { zh: '安全检查', en: 'safety' } },
  { key: 'information', label: { zh: '信息核实', en: 'information checked' } },
  { key: 'dispute', label: { zh: '矛盾调解', en: 'a dispute mediated' } },
  { key: 'errand', label: { zh: '上门代办', en: 'an errand done' } },
]

const ALREADY_FINISHED: Problem = {
  pointer: '',
  code: 'visit-finished',
  message: '这次入户已经登记了',
  message_en: 'this visit is captured already',
}

interface Where {
  household?: string
  place?: string
  grid?: string
  item?: string
}

export class DeviceVisits implements Visits {
  readonly purposes = [...PURPOSES]
  private readonly drafts: VisitDrafts
  private readonly finishing = new Map<string, Promise<Captured>>()
  /** What may open a round, one after the other, so that each finds the round that the one before it opened. */
  private opening: Promise<unknown> = Promise.resolve()

  constructor(private readonly core: Core) {
    this.drafts = new VisitDrafts(core)
  }

  openRound(): { record: FieldRecord; visits: number; startedAt: string; grid: string } | null {
    const open = roundOpenAt(this.core, this.core.nowMs())
    if (open === null) return null
    const { record, visits } = open
    const { values } = record
    return {
      record,
      visits,
      startedAt: text(values, 'started_at'),
      grid: record.grid ?? text(values, 'grid'),
    }
  }

  startRound(grid?: string): Promise<Captured> {
    return this.inTurn(() => this.openedRound(grid))
  }

  private async openedRound(grid?: string): Promise<Captured> {
    const own = this.ownGrid(grid)
    if (this.openRound()?.grid === own.grid) {
      throw new Refused([
        { pointer: '', code: 'round-open', message: '走访已经开始了', message_en: 'a round is open already' },
      ])
    }
    return this.core.create('round', own.village, this.roundFields(own.grid, this.core.said()))
  }

  async finishRound(note?: string): Promise<Captured> {
    const open = this.openRound()
    if (open === null) throw new NotFound('没有进行中的走访', 'no round is open')
    const fields: Fields = { finished_at: this.core.said() }
    if (note?.trim()) fields.note = note.trim()
    return this.core.change('round', open.record.id, fields)
  }

  async reopenRound(round: string): Promise<Captured> {
    return this.core.change('round', round, { finished_at: null })
  }

  async start(where: Where): Promise<VisitDraft> {
    const begun = this.open().find((one) => one.occurred_at === null && isAt(one, where))
    if (begun) return this.withItem(begun, where.item)
    return this.begin(where, this.core.said(), null)
  }

  async writeUp(where: Omit<Where, 'item'>, occurredAt: string): Promise<VisitDraft> {
    return this.begin(where, occurredAt, occurredAt)
  }

  open(): VisitDraft[] {
    return this.drafts.all()
  }

  async keep(draft: VisitDraft): Promise<void> {
    return this.drafts.keep(draft)
  }

  async discard(draft: VisitDraft): Promise<void> {
    return this.drafts.forget(draft.id)
  }

  finish(draft: VisitDraft): Promise<Captured> {
    // a second tap is the same finishing
    const begun = this.finishing.get(draft.id)
    if (begun) return begun
    const written = copiedDraft(draft)
    const finished = this.inTurn(() => this.capture(written)).finally(() => this.finishing.delete(draft.id))
    this.finishing.set(draft.id, finished)
    return finished
  }

  async amend(visit: string, fields: Fields): Promise<Captured> {
    return this.core.change('visit', visit, fields)
  }

  async void(visit: string, reason: string): Promise<Captured> {
    const record = this.core.require('visit', visit)
    const followUps = this.core.view
      .ofKind('task')
      .filter((one) => one.values.visit === visit && (one.values.state ?? 'open') === 'open')
    const captured = await this.core.capture([
      { kind: 'visit', village: record.village, action: 'void', record: visit, reason },
      ...followUps.map((one): Draft => ({
        kind: 'task',
        village: one.village,
        action: 'change',
        record: one.id,
        fields: { state: 'cancelled' },
      })),
    ])
    return captureOf(captured, visit)
  }

  async remind(household: string, day: string): Promise<Captured> {
    const record = this.core.require('household', household)
    return this.core.create('task', record.village, {
      type: 'visit',
      title: `再次走访${householdName(record)}`,
      holder: this.core.identity.worker.id,
      household,
      due: day,
      state: 'open',
    })
  }

  private async capture(draft: VisitDraft): Promise<Captured> {
    const core = this.core
    if (core.view.get(draft.id)) throw new Refused([ALREADY_FINISHED])
    // what was typed last is safe even if it is refused
    await this.drafts.keep(draft)
    const visit = this.asSaid(draft)
    const problems = await visitProblems(core, visit)
    const household = visit.household === null ? null : core.require('household', visit.household)
    const place = this.placeOf(visit, household)
    const round = roundFor(core, this.correctedMs(beganAt(visit)), place.grid)?.record.id ?? null
    const opened: Draft | null = round === null ? this.roundOf(visit, place) : null
    const fields = visitFields(core, visit, { ...place, household, round: round ?? opened?.record ?? '' })
    const task = followUpFields(core, visit)
    const captured = await core.capture([
      ...(opened ? [opened] : []),
      { kind: 'visit', village: place.village, action: 'create', record: visit.id, fields, problems },
      ...(task ? [{ kind: 'task', village: place.village, action: 'create' as const, fields: task }] : []),
    ])
    // the visit is on the disk, and its draft is no draft any more: nobody waits until it is taken away
    this.drafts.forget(visit.id).catch(() => undefined)
    return captureOf(captured, visit.id)
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.opening.then(work)
    this.opening = done.catch(() => undefined)
    return done
  }

  private async begin(where: Where, startedAt: string, occurredAt: string | null): Promise<VisitDraft> {
    const { household = null, place = null, grid = null, item } = where
    if (household === null) this.ownGrid(grid ?? undefined)
    else this.core.require('household', household)
    const met = household === null ? null : likelyMet(this.core, household)
    const draft: VisitDraft = {
      id: this.core.newId(),
      household,
      place,
      grid,
      started_at: occurredAt === null ? startedAt : this.core.said(),
      occurred_at: occurredAt,
      ended_at: null,
      outcome: place === null ? 'met' : 'service_point',
      met: met === null ? [] : [met],
      companions: [],
      purposes: [REGULAR],
      findings: [],
      disposition: null,
      note: '',
      ...this.itemOf(item, household, met),
      cases: [],
      location: null,
      signature: null,
      follow_up: null,
    }
    await this.drafts.keep(draft)
    return draft
  }

  private async withItem(draft: VisitDraft, item: string | undefined): Promise<VisitDraft> {
    if (item === undefined || draft.item !== null) return draft
    const taken = { ...draft, ...this.itemOf(item, draft.household, draft.met[0]) }
    await this.drafts.keep(taken)
    return taken
  }

  /** The visit item and the answers to its form that are known already. NotFound if it is none. */
  private itemOf(
    key: string | undefined,
    household: string | null,
    met: string | null | undefined,
  ): Pick<VisitDraft, 'item' | 'answers'> {
    if (key === undefined) return { item: null, answers: {} }
    const { view } = this.core
    const item = visitItem(this.core, key)
    if (!item) throw new NotFound(`目录里没有这个走访类事项：${key}`, `no such visit item: ${key}`)
    const of = (record: string | null | undefined) => (record ? view.get(record) : undefined)
    return { item: key, answers: prefilled(view.catalogue.form(item.form), of(household), of(met)) }
  }

  private roundOf(visit: VisitDraft, place: { village: string; grid: string }): Draft {
    const fields = this.roundFields(place.grid, beganAt(visit))
    return { kind: 'round', village: place.village, action: 'create', record: this.core.newId(), fields }
  }

  private roundFields(grid: string, startedAt: string): Fields {
    return { worker: this.core.identity.worker.id, grid, started_at: startedAt }
  }

  private placeOf(visit: VisitDraft, household: FieldRecord | null): { village: string; grid: string } {
    if (household?.grid) return { village: household.village, grid: household.grid }
    return this.ownGrid(visit.grid ?? undefined)
  }

  /** The grid that was named, or the worker's first; with its village. */
  private ownGrid(grid?: string): { village: string; grid: string } {
    for (const { village, grids } of this.core.view.scope) {
      const own = grids.find((one) => grid === undefined || one === grid)
      if (own !== undefined) return { village, grid: own }
    }
    if (grid === undefined) {
      throw new NotFound('名下没有网格，请联系村社负责人', 'no grid is assigned to this worker')
    }
    const known = this.core.view.ofKind('grid').find((one) => one.values.key === grid)
    if (known) return { village: known.village, grid }
    throw new NotFound(`本机没有这个网格：${grid}`, `no such grid on this phone: ${grid}`)
  }

  /** With a time that somebody wrote down as the phone's clock would have said it, which is what records carry. */
  private asSaid(draft: VisitDraft): VisitDraft {
    if (draft.occurred_at === null) return draft
    const nowMs = this.core.nowMs()
    const offsetMs = momentMs(this.core.said()) - nowMs
    return { ...draft, occurred_at: moment(momentMs(draft.occurred_at) + offsetMs) }
  }

  /** What the phone's clock said, put right by how far it is off now. */
  private correctedMs(said: string): number {
    return momentMs(said) - (momentMs(this.core.said()) - this.core.nowMs())
  }
}

function captureOf(captured: readonly Captured[], record: string): Captured {
  const made = captured.find((one) => one.record === record)
  if (!made) throw new NotFound('没有找到刚登记的入户', 'the captured visit is not there')
  return made
}

function isAt(draft: VisitDraft, where: Where): boolean {
  const { household = null, place = null, grid = null } = where
  return draft.household === household && draft.place === place && (household !== null || draft.grid === grid)
}

/** Whoever was met last, if still living there; else the head of the household. */
function likelyMet(core: Core, household: string): string | null {
  const present = residentsOf(core, household).filter((one) => (one.values.status ?? 'present') === 'present')
  const last = visitsOf(core, household)
    .filter((one) => one.void == null)
    .map((one) => texts(one.values, 'met').find((met) => present.some((person) => person.id === met)))
    .find((met) => met !== undefined)
  return last ?? present[0]?.id ?? null
}
