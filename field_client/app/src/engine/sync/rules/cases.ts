/** Cases: a known item in force at the capture, a permitted move, answers that can be true, a formal handover. */
import { nearestCountDay } from '../../days'
import type { Item } from '../../forms/catalogue'
import { checkIdentityNumber } from '../../forms/codes'
import { capacities, checkDuty } from '../../forms/handling/duty'
import { checkPauses } from '../../forms/handling/interruptions'
import type { Actor } from '../../forms/handling/states'
import { checkMove, checkStart } from '../../forms/handling/workflow'
import { itemStanding } from '../../forms/standing'
import { momentMs } from '../clock'
import { textIn, type Fields } from '../../field_values'
import type { Context } from './context'
import { judgePhone } from './people'
import { itemOf, judgeAnswers } from './visits'

/** All that is wrong with a case, or with a change of one. */
export function judgeCase(context: Context): void {
  const { fields, record } = context
  const values = record?.values ?? fields
  const item = itemOf(context, values)
  if (item === undefined) {
    context.reject(
      'item',
      'unknown-item',
      '目录里没有这个事项（或这个版本）',
      'no such item, or not in this version',
    )
    return
  }
  const actors = actorsOf(context, values)
  if (record === undefined) judgeNew(context, item, actors)
  else judgeChange(context, item, actors, record.values)
  context.takeAll(checkPauses(fields))
  const number = context.text('applicant_identity_number')
  if (number !== undefined)
    context.take('applicant_identity_number', checkIdentityNumber(number, context.day))
  judgePhone(context, 'applicant_phone')
  judgePhone(context, 'phone')
  judgeAnswers(context, item, true)
}

function judgeChange(context: Context, item: Item, actors: ReadonlySet<Actor>, values: Fields): void {
  const { fields, operation } = context
  const next = context.text('state')
  if (next !== undefined) {
    const seen = operation.seen?.state ?? values.state
    const problem = checkMove(item.mode, item.finish, String(seen), next, actors)
    if (problem !== null) context.take('state', [problem])
  }
  context.takeAll(checkDuty(asSeen(context, values), fields, actors))
}

function judgeNew(context: Context, item: Item, actors: ReadonlySet<Actor>): void {
  const { fields, operation } = context
  if (item.mode === 'visit') {
    context.reject(
      'item',
      'visit-item',
      '这个事项在入户时随走访登记，不另立办件',
      'this item is recorded inside a visit',
    )
  } else {
    const problem = checkStart(item.mode, textIn(fields, 'state') ?? '', actors)
    if (problem !== null) context.take('state', [problem])
  }
  if (!context.text('resident') && !context.text('applicant_name'))
    context.reject('applicant_name', 'required', '要写明申请人', 'an applicant is needed')
  const said = momentMs(context.text('captured_at') ?? '') - operation.offset_ms
  const { catalogue } = context.facts
  const standing = itemStanding(
    catalogue,
    item.key,
    item.version,
    nearestCountDay(said),
    nearestCountDay(context.nowMs),
  )
  if (standing === 'expired-before-capture')
    context.reject(
      'item',
      'item-expired',
      '登记时这个事项已经停办',
      'the item had expired before the capture',
    )
  else if (standing === 'expired-after-capture')
    context.remark(
      'item-expired-since',
      '登记之后这个事项停办了，此件照办',
      'the item expired after the capture',
    )
}

/** Who held the case as its worker saw it. */
function asSeen(context: Context, values: Fields): Fields {
  const seen: Fields = { ...values }
  for (const field of ['holder', 'handovers'])
    if (Object.hasOwn(context.fields, field)) seen[field] = context.operation.seen?.[field] ?? null
  return seen
}

/** In what capacities the author acts on a case with these values. */
function actorsOf(context: Context, values: Fields): ReadonlySet<Actor> {
  const { worker, role } = context.author
  return capacities(values, worker, { onDuty: context.onDuty(), townClerk: role === 'town_clerk' })
}
