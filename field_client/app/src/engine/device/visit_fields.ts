/** What a visit in progress becomes: its operation's fields, its follow-up task, and every problem of it at once. */
import type { VisitDraft } from '../api'
import { answerFields } from '../forms/answers'
import type { Item } from '../forms/catalogue'
import { loadCel } from '../forms/expression'
import { ROUND_OPEN_HOURS } from '../grid_map/counting'
import { HOUR_MS } from '../days'
import { DEFAULT_CLASS } from '../grid_map/visit_classes'
import type { Problem } from '../problem'
import { momentMs } from '../sync/clock'
import { text, type Fields, type Value } from '../field_values'
import type { FieldRecord } from '../sync/record'
import { answerProblems } from './case_writing'
import type { Core } from './core'

/** Outcomes in which somebody was spoken to. */
const WITH_SOMEBODY: readonly string[] = ['met', 'phone', 'service_point']

/** When a visit began, as the phone's clock said it. */
export function beganAt(draft: VisitDraft): string {
  return draft.occurred_at ?? draft.started_at
}

/** The fields of the visit; nothing that was not said is in them. */
export function visitFields(
  core: Core,
  draft: VisitDraft,
  where: { grid: string; household: FieldRecord | null; round: string },
): Fields {
  const worker = core.identity.worker.id
  const said = core.said()
  const later = isWrittenUpLater(draft, said)
  return filled({
    worker,
    round: where.round,
    grid: where.grid,
    household: where.household?.id ?? null,
    visit_class: where.household && (text(where.household.values, 'visit_class') || DEFAULT_CLASS),
    place: draft.place,
    outcome: draft.outcome,
    met: WITH_SOMEBODY.includes(draft.outcome) ? draft.met : [],
    companions: draft.companions.filter((one) => one !== worker),
    started_at: beganAt(draft),
    ended_at: draft.ended_at ?? (later ? null : said),
    recorded_at: said,
    written_up_later: later || null,
    purposes: draft.purposes,
    findings: draft.findings.map((one) => filled({ ...one, text: one.text.trim() })),
    disposition: draft.disposition,
    note: draft.note.trim() || null,
    cases: casesOf(core, draft),
    location: draft.location,
    signature: draft.signature,
    photos: draft.photos ?? [],
    ...itemFields(core, draft),
  })
}

/** The follow-up that becomes a task with the visit; null where none was asked for. */
export function followUpFields(core: Core, draft: VisitDraft): Fields | null {
  if (draft.follow_up === null) return null
  return filled({
    type: 'follow_up',
    title: draft.follow_up.title.trim(),
    holder: core.identity.worker.id,
    household: draft.household,
    visit: draft.id,
    due: draft.follow_up.due,
    state: 'open',
  })
}

/** Everything that is not in order, with pointers into the draft. */
export async function visitProblems(core: Core, draft: VisitDraft): Promise<Problem[]> {
  const problems: Problem[] = []
  if (!draft.household && !draft.place) {
    problems.push(found('/household', 'required', '要写明走访的户或地点', 'a household or a place is needed'))
  }
  if (momentMs(beganAt(draft)) > momentMs(core.said())) {
    problems.push(found('/occurred_at', 'in-the-future', '走访时间还没有到', 'this time has not come yet'))
  }
  if (draft.ended_at !== null && momentMs(draft.ended_at) < momentMs(beganAt(draft))) {
    problems.push(found('/ended_at', 'ends-before', '结束时间早于开始时间', 'it ends before it begins'))
  }
  if (draft.follow_up !== null && !draft.follow_up.title.trim()) {
    problems.push(found('/follow_up/title', 'required', '请写明要跟进什么', 'say what is to be followed up'))
  }
  return [...problems, ...(await itemProblems(core, draft))]
}

/** The visit item whose form is filled inside; undefined where the catalogue has none of this key. */
export function visitItem(core: Core, key: string): Item | undefined {
  const item = core.view.catalogue.current(key, core.today())
  return item?.mode === 'visit' ? item : undefined
}

async function itemProblems(core: Core, draft: VisitDraft): Promise<Problem[]> {
  if (draft.item === null) return []
  const item = visitItem(core, draft.item)
  if (!item) return [found('/item', 'unknown-item', '目录里没有这个走访类事项', 'no such visit item')]
  await loadCel()
  return answerProblems(core, item, draft.answers).filter((one) => !one.remark)
}

function itemFields(core: Core, draft: VisitDraft): Fields {
  const item = draft.item === null ? undefined : visitItem(core, draft.item)
  if (!item) return {}
  return { item: item.key, item_version: item.version, ...answerFields(draft.answers) }
}

/** Cases captured during the visit name it; so none is left out, whatever the draft was told. */
function casesOf(core: Core, draft: VisitDraft): string[] {
  const named = core.view.ofKind('case').filter((one) => one.values.visit === draft.id)
  return [...new Set([...draft.cases, ...named.map((one) => one.id)])]
}

/** 补记; also a visit that was taken up again hours later, whose end nobody knows. */
function isWrittenUpLater(draft: VisitDraft, said: string): boolean {
  const since = momentMs(said) - momentMs(draft.started_at)
  return draft.occurred_at !== null || since > ROUND_OPEN_HOURS * HOUR_MS
}

function filled(fields: { [field: string]: Value | undefined }): Fields {
  const said: Fields = {}
  for (const [field, value] of Object.entries(fields)) {
    const empty = value === undefined || value === null || (Array.isArray(value) && value.length === 0)
    if (!empty) said[field] = value
  }
  return said
}

function found(pointer: string, code: string, message: string, message_en: string): Problem {
  return { pointer, code, message, message_en }
}
