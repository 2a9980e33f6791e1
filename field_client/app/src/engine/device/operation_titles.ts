/** An operation in plain words: 入户 沈建国户 未遇. */
import { householdName } from '../household_name'
import { stateLabel } from '../forms/handling/states'
import type { Label } from '../problem'
import { fieldLabel, KINDS } from '../sync/kinds'
import type { Operation } from '../sync/operation'
import { textIn, type Fields } from '../field_values'
import type { Core } from './core'
import { itemName, titleOf } from './value_texts'
import { valueLabel } from './value_words'

const FIELDS_NAMED = 3
/** Chinese and English words for what was done; `%` stands for what it was done to. */
type Words = readonly [zh: string, en: string]

const CREATED: Readonly<Record<string, Words>> = {
  household: ['新登记 %', 'registered %'],
  resident: ['新增居民 %', 'added %'],
  round: ['开始走访 %', 'began a round in %'],
  visit: ['入户 %', 'visited %'],
  case: ['办件 %', 'case %'],
  task: ['任务 %', 'task %'],
  request: ['记下诉求 %', 'noted a request: %'],
  reading: ['查看证件号 %', 'looked at the number of %'],
}

/** What an operation did, with names as they are known here now. */
export function operationTitle(core: Core, operation: Operation): Label {
  const what = subjectOf(core, operation)
  const { action, kind } = operation
  if (action === 'create') {
    const words = CREATED[kind] ?? [`新增${kindLabel(kind)} %`, `added a ${kind}: %`]
    return { zh: filled(words[0], what.zh), en: filled(words[1], what.en ?? what.zh) }
  }
  if (action === 'void')
    return { zh: `撤销${kindLabel(kind)} ${what.zh}`, en: `took back the ${kind} ${what.en ?? what.zh}` }
  return changeTitle(core, operation, what)
}

function changeTitle(core: Core, operation: Operation, what: Label): Label {
  const { kind, fields = {} } = operation
  const en = what.en ?? what.zh
  const state = textIn(fields, 'state')
  const holder = textIn(fields, 'holder')
  if (kind === 'round' && 'finished_at' in fields)
    return fields.finished_at === null
      ? { zh: `继续走访 ${what.zh}`, en: `went on with the round in ${en}` }
      : { zh: `结束走访 ${what.zh}`, en: `finished the round in ${en}` }
  if (kind === 'task' && state !== undefined) {
    const label = valueLabel('task/state', state)
    return { zh: `任务 ${what.zh} ${label?.zh ?? state}`, en: `task ${en}: ${label?.en ?? state}` }
  }
  if (kind === 'case' && state !== undefined) {
    const label = stateLabel(state)
    return { zh: `办件 ${what.zh} → ${label.zh}`, en: `case ${en} → ${label.en ?? label.zh}` }
  }
  if (kind === 'case' && holder !== undefined) {
    const name = core.view.workerName(holder)
    return { zh: `移交 ${what.zh} 给 ${name}`, en: `handed ${en} to ${name}` }
  }
  if (kind === 'conflict') return { zh: `处理不一致 ${what.zh}`, en: `settled a conflict: ${en}` }
  if (kind === 'duplicate') return { zh: `判断疑似重复 ${what.zh}`, en: `decided on duplicates: ${en}` }
  const names = namesOf(kind, fields)
  return { zh: `修改${kindLabel(kind)} ${what.zh}：${names.zh}`, en: `changed ${en}: ${names.en ?? ''}` }
}

/** What it is about: the household of a visit with its outcome, the item and applicant of a case, a name. */
function subjectOf(core: Core, operation: Operation): Label {
  const record = core.view.get(operation.record)
  const values: Fields = { ...record?.values, ...withoutCleared(operation.fields ?? {}) }
  const title = (field: string): string => {
    const id = textIn(values, field)
    return id === undefined ? '' : titleOf(core, id)
  }
  const named = (zh: string): Label => ({ zh: zh.trim(), en: zh.trim() })
  switch (operation.kind) {
    case 'visit': {
      const where = title('household') || (textIn(values, 'place') ?? '')
      const outcome = valueLabel('outcome', textIn(values, 'outcome') ?? '')
      return { zh: `${where} ${outcome?.zh ?? ''}`.trim(), en: `${where}: ${outcome?.en ?? ''}` }
    }
    case 'case':
      return named(
        `${itemName(core, textIn(values, 'item') ?? '')} ${textIn(values, 'applicant_name') ?? title('resident')}`,
      )
    case 'round':
      return named(core.view.gridName(textIn(values, 'grid') ?? ''))
    case 'household':
      return named(householdName({ values }))
    case 'request':
      return named((textIn(values, 'text') ?? '').slice(0, 20))
    case 'conflict': {
      const { zh, en } = fieldLabel(textIn(values, 'subject_kind') ?? '', textIn(values, 'field') ?? '')
      return { zh: `${title('subject')} ${zh}`.trim(), en: `${title('subject')} ${en ?? zh}`.trim() }
    }
    case 'duplicate':
      return named(title('first'))
    case 'reading':
      return named(title('subject'))
    default:
      return named(textIn(values, 'name') ?? textIn(values, 'title') ?? textIn(values, 'day') ?? '')
  }
}

/** The first fields of a change by name; a family (answers, materials) is named once. */
function namesOf(kind: string, fields: Fields): Label {
  const families = [...new Set(Object.keys(fields).map((field) => field.split('/')[0] ?? field))]
  const labels = families.slice(0, FIELDS_NAMED).map((field) => fieldLabel(kind, field))
  const more = families.length > FIELDS_NAMED
  return {
    zh: labels.map((label) => label.zh).join('、') + (more ? ' 等' : ''),
    en: labels.map((label) => label.en ?? label.zh).join(', ') + (more ? ' …' : ''),
  }
}

function withoutCleared(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

function kindLabel(kind: string): string {
  return KINDS.get(kind)?.label ?? '记录'
}

function filled(words: string, what: string): string {
  return words.replace('%', () => what).trim()
}
