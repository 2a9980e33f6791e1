/** Fields and values as people read them: a name for an id, 是/否, 元, the option's label; identity numbers masked. */
import { compiledForm } from '../forms/check'
import { maskIdentityNumber } from '../forms/codes'
import type { FormField } from '../forms/definition'
import { PAUSE_LABELS, type PauseKind } from '../forms/handling/clocks'
import { stateLabel } from '../forms/handling/states'
import { isMaterialState, MATERIAL_LABELS } from '../forms/handling/materials'
import { yuan } from '../forms/numbers'
import { clockTime, countDay } from '../days'
import { VISIT_CLASSES } from '../grid_map/visit_classes'
import type { Label } from '../problem'
import { momentMs } from '../sync/clock'
import { fieldLabel, fieldType, KINDS } from '../sync/kinds'
import { objectOf, textIn, texts, type Fields, type Value } from '../field_values'
import type { FieldRecord } from '../sync/record'
import type { Core } from './core'
import { householdName } from '../household_name'
import { valueLabel } from './value_words'
import { PURPOSES } from './visits'

const WORKERS: ReadonlySet<string> = new Set([
  'worker',
  'companions',
  'holder',
  'first_contact',
  'outgoing',
  'incoming',
  'window',
  'leave',
])
const EMPTY = '未填'
const LONG = '（较长的文字）'
const ANSWERS = 'answers/'

/** What people call a field of a record; an answer by its question. */
export function labelIn(core: Core, kind: string, field: string, record?: FieldRecord): Label {
  const question = record && questionOf(core, record, field)
  return question?.label ?? fieldLabel(kind, field)
}

/** A value of a field. `record` is what it is about: its form says what an answer means. */
export function textOf(
  core: Core,
  kind: string,
  field: string,
  value: Value | undefined,
  record?: FieldRecord,
): string {
  if (value === undefined || value === null || value === '') return EMPTY
  if (Array.isArray(value))
    return value.length ? value.map((one) => textOf(core, kind, field, one, record)).join('、') : EMPTY
  if (typeof value === 'object') {
    if (KINDS.get(kind)?.sets.has(field)) return setChangeText(core, kind, field, value)
    if (field === 'choice') return choiceText(core, value, record)
    return objectText(core, field, value)
  }
  if (typeof value === 'boolean') return value ? '是' : '否'
  const question = record && questionOf(core, record, field)
  if (question !== undefined) return answerText(question, value)
  return typeof value === 'number' ? String(value) : plainText(core, kind, field, value)
}

function plainText(core: Core, kind: string, field: string, value: string): string {
  if (value.startsWith('sha256:')) return LONG
  if (field.includes('identity_number')) return maskIdentityNumber(value)
  const family = field.split('/')[0] ?? field
  const worded = valueLabel(`${kind}/${field}`, value) ?? valueLabel(field, value)
  if (worded !== undefined) return worded.zh
  if (WORKERS.has(field)) return core.view.workerName(value)
  if (field === 'grid') return core.view.gridName(value)
  if (field === 'village') return core.view.villageName(value)
  if (field === 'visit_class') return VISIT_CLASSES.get(value)?.label ?? value
  if (field === 'purposes') return PURPOSES.find((one) => one.key === value)?.label.zh ?? value
  if (field === 'item') return itemName(core, value)
  if (kind === 'case' && field === 'state') return stateLabel(value).zh
  if (family === 'materials' && isMaterialState(value)) return MATERIAL_LABELS[value].zh
  return typedText(core, kind, field, value)
}

/** By the type of the field: a record's title for a reference, a moment as it is said in Haining. */
function typedText(core: Core, kind: string, field: string, value: string): string {
  const known = KINDS.get(kind)
  const wanted = known && fieldType(known, field)
  const type = wanted?.type === 'list' ? wanted.of.type : wanted?.type
  if (type === 'reference') return titleOf(core, value)
  if (type === 'digest') return '已附文件'
  if (type === 'moment') return momentText(value)
  return value
}

/** The record of an id in a few words. */
export function titleOf(core: Core, id: string): string {
  const record = core.view.get(id)
  if (record === undefined) return '本机没有的记录'
  const { values } = record
  if (record.kind === 'household') return householdName(record)
  if (record.kind === 'case') return itemName(core, textIn(values, 'item') ?? '')
  return (
    textIn(values, 'name') ?? textIn(values, 'title') ?? textIn(values, 'text')?.slice(0, 20) ?? '一条记录'
  )
}

/** An item's name in its newest version that is known here. */
export function itemName(core: Core, key: string): string {
  return core.view.catalogue.items.findLast((one) => one.key === key)?.name ?? key
}

function momentText(value: string): string {
  try {
    const at = momentMs(value)
    return `${countDay(at)} ${clockTime(at)}`
  } catch {
    return value
  }
}

/** 增加…；去掉… */
function setChangeText(core: Core, kind: string, field: string, change: Fields): string {
  const told = (['add', 'remove'] as const).map((name) => {
    const members = texts(change, name)
    if (!members.length) return ''
    return `${name === 'add' ? '增加' : '去掉'}${textOf(core, kind, field, members)}`
  })
  return told.filter(Boolean).join('；') || EMPTY
}

/** The value that was chosen in a conflict, as its subject's field has it. */
function choiceText(core: Core, choice: Fields, conflict: FieldRecord | undefined): string {
  const values = conflict?.values ?? {}
  const kind = textIn(values, 'subject_kind') ?? 'case'
  const subject = core.view.get(textIn(values, 'subject') ?? '')
  return textOf(core, kind, textIn(values, 'field') ?? '', choice.value, subject)
}

function objectText(core: Core, field: string, value: Fields): string {
  const type = textIn(value, 'type')
  if (field === 'location') return '已定位'
  if (field === 'special_event' && type) return valueLabel('special_event/type', type)?.zh ?? type
  if (field === 'findings' && type)
    return [valueLabel('finding/type', type)?.zh ?? type, textIn(value, 'text')].filter(Boolean).join('：')
  if (field === 'pauses') {
    const reason = textIn(value, 'reason') ?? ''
    const end = textIn(value, 'end')
    const label = isPauseKind(reason) ? PAUSE_LABELS[reason].zh : reason
    return `${label} ${momentText(textIn(value, 'start') ?? '')} 至 ${end ? momentText(end) : '今'}`
  }
  if (field === 'handovers') {
    const [giver, receiver] = ['giver', 'receiver'].map((name) => textIn(value, name) ?? '')
    return `${core.view.workerName(giver ?? '')}移交给${core.view.workerName(receiver ?? '')}`
  }
  return Object.values(value)
    .filter((one) => typeof one === 'string' || typeof one === 'number')
    .join('、')
}

function isPauseKind(reason: string): reason is PauseKind {
  return Object.hasOwn(PAUSE_LABELS, reason)
}

/** The question that an answer's field answers, by the form of the record's item. */
function questionOf(core: Core, record: FieldRecord, field: string): FormField | undefined {
  if (!field.startsWith(ANSWERS)) return undefined
  const version = objectOf(record.values)?.item_version
  const item = core.view.catalogue.item(
    textIn(record.values, 'item') ?? '',
    typeof version === 'number' ? version : 0,
  )
  const form = item && core.view.catalogue.form(item.form)
  return (form && compiledForm(form).fieldAt(field.slice(ANSWERS.length))) ?? undefined
}

function answerText(question: FormField, value: string | number): string {
  if (question.type === 'identity_number') return maskIdentityNumber(String(value))
  if (question.type === 'money' && typeof value === 'number') return yuan(value)
  const option = question.options?.find((one) => one.key === value)
  return option?.label.zh ?? `${value}${question.unit ?? ''}`
}
