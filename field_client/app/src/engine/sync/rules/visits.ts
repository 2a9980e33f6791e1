/** Rounds, visits, and looks at a masked number: each belongs to its worker. The twin of `sync/rules/visits.py`. */
import { nearestCountDay } from '../../days'
import { compiledForm } from '../../forms/check'
import type { Item } from '../../forms/catalogue'
import { momentMs } from '../clock'
import { textIn, type Fields } from '../../field_values'
import type { Context } from './context'

const ANSWERS = 'answers/'

/** Its own worker's, in a grid of the village. */
export function judgeRound(context: Context): void {
  judgeAuthor(context, '走访')
  judgePlace(context)
}

/** Its own worker's. */
export function judgeReading(context: Context): void {
  judgeAuthor(context, '查看记录')
}

/** Its own worker's, at a household or a place, amended only while its month is open. */
export function judgeVisit(context: Context): void {
  judgeAuthor(context, '入户记录')
  judgePlace(context)
  lookForMove(context)
  const { record } = context
  const started = record && textIn(record.values, 'started_at')
  if (record === undefined && !context.text('household') && !context.text('place'))
    context.reject('household', 'required', '要写明走访的户或地点', 'a household or a place is needed')
  if (started !== undefined && context.facts.monthClosed(nearestCountDay(momentMs(started)), context.nowMs))
    context.reject(
      '',
      'period-closed',
      '这个月已经结账，不能再更正',
      'the month is closed; it can no longer be amended',
    )
  const values = record?.values ?? context.fields
  judgeAnswers(context, itemOf(context, values), textIn(values, 'item') !== undefined)
}

/** The item of a case's or visit's values, in its version. */
export function itemOf(context: Context, values: Fields): Item | undefined {
  const version = values.item_version
  return context.facts.catalogue.item(
    textIn(values, 'item') ?? '',
    typeof version === 'number' ? version : Number.NaN,
  )
}

/** The answers that an operation gives, each against its field in the form of the item's version. */
export function judgeAnswers(context: Context, item: Item | undefined, names: boolean): void {
  const answers = Object.entries(context.fields).filter(([field]) => field.startsWith(ANSWERS))
  if (!answers.length && !(context.creating && names)) return
  if (item === undefined) {
    context.reject(
      'item',
      'unknown-item',
      '目录里没有这个事项（或这个版本）',
      'no such item, or not in this version',
    )
    return
  }
  const form = context.facts.catalogue.form(item.form)
  const compiled = form && compiledForm(form)
  for (const [field, value] of answers) {
    const path = field.slice(ANSWERS.length)
    if (!compiled?.knows(path))
      context.reject(field, 'unknown-field', `表单里没有“${path}”`, `the form has no “${path}”`)
    else if (value !== null) context.take(field, compiled.checkAnswer(path, value, context.day))
  }
}

/** Only its worker writes it; a desk acts for nobody here. */
function judgeAuthor(context: Context, what: string): void {
  const owner = textIn(context.record?.values ?? context.fields, 'worker')
  if (owner !== context.author.worker)
    context.reject(
      'worker',
      'not-its-worker',
      `只有本人能登记或更正自己的${what}`,
      `only its worker writes a ${context.operation.kind}`,
    )
}

/** A visit or round stands in a grid of its own village, or it would be in nobody's sight. */
function judgePlace(context: Context): void {
  if (context.creating && context.facts.villageOfGrid(context.text('grid') ?? '') !== context.village)
    context.reject('grid', 'unknown-grid', '本村社没有这个网格', 'no such grid in this village')
}

/** The household moved while the worker had no signal: the visit stays where it happened, and says so. */
function lookForMove(context: Context): void {
  const household = context.creating ? context.text('household') : undefined
  const grid = household === undefined ? null : context.facts.look(household)?.grid
  if (grid != null && grid !== context.fields.grid)
    context.remark('record-moved', '这一户已迁到别处，照常记录', 'the household has moved meanwhile')
}
