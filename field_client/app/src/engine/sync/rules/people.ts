/** Households and residents. The twin of `sync/rules/people.py`. */
import { checkIdentityNumber, checkPhone } from '../../forms/codes'
import { textIn } from '../../field_values'
import type { Context } from './context'

/** A grid that exists, in the village that is named; a phone that can be one. */
export function judgeHousehold(context: Context): void {
  const { operation, fields } = context
  const named = context.text('village')
  const grid = context.text('grid')
  if (grid !== undefined) {
    const village = context.facts.villageOfGrid(grid)
    if (village === undefined) context.reject('grid', 'unknown-grid', '没有这个网格', 'no such grid')
    else if (village !== (named ?? operation.village))
      context.reject('grid', 'grid-of-other-village', '网格与村社不一致', 'the grid is of another village')
  } else if (named !== undefined && named !== operation.village) {
    context.reject(
      'village',
      'grid-required',
      '迁到别的村社要写明网格',
      'moving to another village needs a grid',
    )
  }
  if (context.creating && named !== undefined && named !== context.village)
    context.reject('village', 'other-village', '新登记的户要在本村社', 'a new household is of this village')
  judgePhone(context, 'phone')
  if (
    context.record !== undefined &&
    Object.hasOwn(fields, 'visit_class') &&
    context.text('visit_class_reason') === undefined
  )
    context.reject(
      'visit_class_reason',
      'required',
      '改走访类别要写明原因',
      'changing the class needs a reason',
    )
}

/** An identity number that can be one (GB 11643), a phone that can be one, no merging into oneself. */
export function judgeResident(context: Context): void {
  const number = context.text('identity_number')
  if (number !== undefined) context.take('identity_number', checkIdentityNumber(number, context.day))
  judgePhone(context, 'phone')
  const survivor = context.text('merged_into')
  if (survivor !== undefined) judgeMerging(context, survivor)
}

/** A phone or landline that can be one. */
export function judgePhone(context: Context, field: string): void {
  const phone = context.text(field)
  if (phone !== undefined) context.take(field, checkPhone(phone))
}

/** Merging ends at another resident; a survivor that is not here yet may come later. */
function judgeMerging(context: Context, named: string): void {
  const itself = context.operation.record
  const followed = new Set<string>()
  let survivor = named
  while (!followed.has(survivor)) {
    const other = context.facts.look(survivor)
    if (other === undefined) break
    if (other.kind !== 'resident') {
      context.reject('merged_into', 'wrong-kind', '只能合并到另一位居民', 'not a resident')
      return
    }
    followed.add(survivor)
    survivor = textIn(other.values, 'merged_into') ?? survivor
    if (survivor === itself) break
  }
  if (survivor === itself)
    context.reject('merged_into', 'merged-into-itself', '不能合并到本人', 'cannot be merged into itself')
}
