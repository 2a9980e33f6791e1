/** What the village lead owns: rota and grid assignment. The twin of `sync/rules/village.py`. */
import { setAfter } from '../merge'
import type { Context } from './context'

/** The village lead's; nobody on leave stands at the window. */
export function judgeRota(context: Context): void {
  judgeLead(context, '轮值', 'the rota')
  const leave = new Set(membersAfter(context, 'leave'))
  if (membersAfter(context, 'window').some((worker) => leave.has(worker)))
    context.reject('window', 'on-leave', '请假的人不能排在窗口', 'somebody on leave cannot be at the window')
}

/** The village lead's; of a grid of this village. */
export function judgeAssignment(context: Context): void {
  judgeLead(context, '网格分工', 'grid assignment')
  if (context.creating && context.facts.villageOfGrid(context.text('grid') ?? '') !== context.village)
    context.reject('grid', 'unknown-grid', '本村社没有这个网格', 'no such grid in this village')
}

function judgeLead(context: Context, what: string, whatEn: string): void {
  const { role, division } = context.author
  if (role !== 'village_lead' || !context.village.startsWith(division))
    context.reject('', 'no-right', `${what}由村社负责人安排`, `the village lead owns ${whatEn}`)
}

/** A set as it will be. */
function membersAfter(context: Context, field: string): string[] {
  return setAfter(context.record?.values[field], context.fields[field] ?? {})
}
