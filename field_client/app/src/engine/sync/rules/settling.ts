/** Conflicts and suspected duplicates: who may settle them. The twin of `sync/rules/settling.py`. */
import { offersOf } from '../conflicts'
import { clearedProblems, fieldProblems } from '../field_checks'
import { KINDS } from '../kinds'
import { objectOf, textIn, texts, type Fields, type Value } from '../../field_values'
import { sameValue, type FieldRecord } from '../record'
import type { Context } from './context'

/** Whose values a conflict holds: whoever set the standing one, and whoever offered another. */
function authorsOf(conflict: FieldRecord): Set<string> {
  const standing = texts(conflict.values, 'standing_by')[1]
  const offered = offersOf(conflict).map((offer) => textIn(offer, 'worker'))
  return new Set([standing, ...offered].filter((worker) => worker !== undefined))
}

/** The window on duty, the village lead or either author chooses; one that has not seen the last choice is late. */
export function judgeConflict(context: Context): void {
  const { record, fields } = context
  if (record === undefined || !Object.hasOwn(fields, 'choice')) return
  if (!authorsOf(record).has(context.author.worker) && !decides(context))
    context.reject(
      'choice',
      'no-right',
      '请当天值班窗口或当事人处理',
      'the window on duty or an author settles this',
    )
  const choice = objectOf(fields.choice)
  if (choice === undefined || !Object.hasOwn(choice, 'value')) {
    context.reject('choice', 'wrong-type', '要写明采用哪个值', 'a choice names its value')
    return
  }
  const { values } = record
  judgeValue(context, record, choice.value ?? null)
  const standing = objectOf(values.choice)
  if (standing === undefined) return
  if (!sameValue(context.operation.seen?.choice, standing)) {
    const by = context.facts.nameOf(textIn(values, 'settled_by') ?? '')
    context.reject('choice', 'already-settled', `已由${by}处理`, `already settled by ${by}`)
  } else if (changedSince(context, values, standing.value, choice.value)) {
    context.reject(
      'choice',
      'changed-since-settled',
      '处理之后这一项又改过，请直接修改办件',
      'the field has changed since it was settled; change the case itself',
    )
  }
}

/** Whoever handles one of the two cases, the window, or the lead decides. */
export function judgeDuplicate(context: Context): void {
  if (context.record === undefined || !Object.hasOwn(context.fields, 'decision')) return
  if (!texts(context.record.values, 'workers').includes(context.author.worker) && !decides(context))
    context.reject(
      'decision',
      'no-right',
      '请当天值班窗口或经办人处理',
      'the window or a handler decides this',
    )
}

function decides(context: Context): boolean {
  return context.author.role === 'village_lead' || context.onDuty()
}

/** A state or a void is one of those offered; another field may get a third value, of the field's own type. */
function judgeValue(context: Context, conflict: FieldRecord, value: Value): void {
  const field = textIn(conflict.values, 'field') ?? ''
  const subject = KINDS.get(textIn(conflict.values, 'subject_kind') ?? '')
  if (field !== 'state' && field !== 'void') {
    if (subject === undefined) return
    const chosen = { [field]: value }
    context.take('choice', [...fieldProblems(subject, chosen), ...clearedProblems(subject, chosen)])
    return
  }
  const offered = [conflict.values.standing, ...offersOf(conflict).map((offer) => offer.value)]
  if (!offered.some((one) => sameValue(one, value)))
    context.reject('choice', 'not-offered', '只能从已有的值里选', 'only one of the values offered')
}

/** Whether somebody has changed the field after it was settled: that value is not undone unseen. */
function changedSince(
  context: Context,
  values: Fields,
  settled: Value | undefined,
  chosen: Value | undefined,
): boolean {
  const field = textIn(values, 'field') ?? ''
  const subject = context.facts.look(textIn(values, 'subject') ?? '')
  if (field === 'void' || subject === undefined) return false
  const present = subject.values[field]
  return !sameValue(present, settled) && !sameValue(present, chosen)
}
