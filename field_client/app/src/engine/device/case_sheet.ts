/** A case as a person reads it: its item, when it is due and why, what is missing, whom it waits for, where it can go. */
import type { CaseSheet, Promised } from '../api'
import { answersOf } from '../forms/answers'
import type { Item } from '../forms/catalogue'
import { maskIdentityNumber } from '../forms/codes'
import type { Answer, FlatAnswers } from '../forms/definition'
import { milestonesOf, pausesOf, type Milestones } from '../forms/handling/clocks'
import { dayInShanghai } from '../days'
import { responsible } from '../forms/handling/duty'
import { explain } from '../forms/handling/explanation'
import { licenceClock } from '../forms/handling/licence'
import { promisedDate, type PromisedDate } from '../forms/handling/limits'
import { isNeeded } from '../forms/handling/materials'
import { grouped } from '../forms/handling/receipt'
import { stateLabel } from '../forms/handling/states'
import { awaited } from '../forms/handling/workflow'
import type { Label } from '../problem'
import { text, texts, type Fields, type Value } from '../field_values'
import type { FieldRecord } from '../sync/record'
import { applicantOf, goesOn, itemOfCase, materialsOf, ownCapacities, unsettled } from './case_facts'
import { timeLight } from './case_light'
import { movesOf } from './case_moves'
import { stepsOf } from './case_steps'
import type { Core } from './core'

/** A record of kind `case` as a sheet. Where its item's version is not here, dates and moves are not known. */
export function sheetOf(core: Core, record: FieldRecord): CaseSheet {
  const { values } = record
  const item = itemOfCase(core, record)
  const applicant = applicantOf(core, values)
  return {
    record,
    item,
    itemName: item?.name ?? text(values, 'item'),
    form: item && core.view.catalogue.form(item.form),
    answers: givenAnswers(values),
    materials: materialsFor(item, values),
    state: stateLabel(text(values, 'state')),
    isOpen: goesOn(item, record),
    isUnsettled: unsettled(item, record),
    waitsFor: waitsFor(core, item, record),
    ...timesOf(core, item, record),
    moves: item === undefined ? [] : movesOf(core, item, record),
    receipt: numberOf(values),
    applicant: {
      name: applicant.name,
      phone: applicant.phone,
      identityNumberMasked: applicant.identityNumber ? maskIdentityNumber(applicant.identityNumber) : '',
    },
    steps: stepsOf(core, item, record),
    waits: core.view.waits(record.id),
    conflicts: (record.conflicts ?? []).flatMap((id) => core.view.get(id) ?? []),
  }
}

/** What an item would mean if it were captured today. */
export function promiseNow(core: Core, item: Item): Promised {
  const milestones = { receivedOn: core.today(), handedUpOn: null, acceptedOn: null }
  const promised = promisedDate(item, milestones, core.calendar)
  return shown(promised, explain(item, milestones, promised))
}

/** The number on the slip as it is printed: the official one, until there is one the provisional. */
export function numberOf(values: Fields): string | null {
  const number = text(values, 'official_number') || text(values, 'receipt_number')
  return number ? grouped(number) : null
}

function timesOf(
  core: Core,
  item: Item | undefined,
  record: FieldRecord,
): Pick<CaseSheet, 'promise' | 'light'> {
  if (item === undefined) {
    return { promise: null, light: { state: 'none', text: { zh: '时限未载明', en: 'limit not known' } } }
  }
  const { values } = record
  const milestones = milestonesOf(values)
  const promised = promisedDate(item, milestones, core.calendar, pausesOf(values))
  const sentence = explain(item, milestones, promised)
  const licence = licenceNote(core, item, values, milestones)
  const whole: Label = licence
    ? { zh: sentence.zh + licence.zh, en: `${sentence.en} ${licence.en}` }
    : sentence
  return {
    promise: shown(promised, whole),
    light: timeLight(core, item, record, milestones, promised),
  }
}

function shown(promised: PromisedDate, sentence: Label): Promised {
  const { dueOn, tentative, demonstration, stopped, stages } = promised
  return { dueOn, tentative, demonstration, stopped, text: sentence, stages }
}

/** For a licence that no department has accepted: until when missing materials must be told. */
function licenceNote(core: Core, item: Item, values: Fields, milestones: Milestones): Label | null {
  if (milestones.acceptedOn !== null) return null
  const told = text(values, 'missing_told_at') || text(values, 'decided_at')
  const toldOn = told ? dayInShanghai(told) : null
  const clock = licenceClock(item, milestones.receivedOn, toldOn, core.today(), core.calendar)
  return clock?.explanation ?? null
}

function waitsFor(core: Core, item: Item | undefined, record: FieldRecord): CaseSheet['waitsFor'] {
  if (item === undefined || record.void) return 'nobody'
  const waited = awaited(item.mode, item.finish, text(record.values, 'state'))
  if (waited.size === 0) return 'nobody'
  if (waited.has('worker')) {
    return responsible(record.values) === core.identity.worker.id ? 'me' : 'colleague'
  }
  if (waited.has('town_clerk')) return 'town'
  return ownCapacities(core, record.values).has('window') ? 'me' : 'window'
}

function materialsFor(item: Item | undefined, values: Fields): CaseSheet['materials'] {
  const states = materialsOf(values)
  return (item?.materials ?? []).map((material) => ({
    material,
    state: states[material.key] ?? null,
    needed: isNeeded(material),
  }))
}

function givenAnswers(values: Fields): FlatAnswers {
  const answers: FlatAnswers = {}
  for (const [path, value] of Object.entries(answersOf(values))) {
    if (isAnswer(value)) answers[path] = value
    else if (Array.isArray(value)) answers[path] = texts({ value }, 'value')
  }
  return answers
}

function isAnswer(value: Value): value is Exclude<Answer, string[]> {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
