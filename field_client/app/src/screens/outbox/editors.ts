/** With which control a field of an operation is put right, by its type and what it means. */
import type { Device } from '@/engine/api'
import type { FormField } from '@/engine/forms/definition'
import { KINDS, fieldType, type FieldType } from '@/engine/sync/kinds'
import type { Fields } from '@/engine/field_values'
import { fieldAt } from '@/parts/form/problems_at'
import { text } from '@/parts/plain'

export interface Choice {
  key: string
  text: string
}

export type Editor =
  | { as: 'line'; long: boolean; max: number | undefined }
  | { as: 'integer' | 'day' | 'moment' | 'yes_no' | 'fixed' }
  | { as: 'choice' | 'choices'; choices: Choice[] }
  | { as: 'answer'; field: FormField }

const LONG_TEXT = 500
const WORKERS = new Set(['holder', 'worker', 'companions', 'window', 'leave'])

/** `fields` are those of the whole operation, which say of which item the answers are. */
export function editorOf(device: Device, kind: string, field: string, fields: Fields): Editor {
  const known = KINDS.get(kind)
  const type = known && fieldType(known, field)
  if (!type) return { as: 'fixed' }
  if (field.startsWith('answers/')) return answerEditor(device, field.slice('answers/'.length), fields)
  const choices = choicesOf(device, kind, field, type)
  if (choices) return { as: type.type === 'list' ? 'choices' : 'choice', choices }
  switch (type.type) {
    case 'text':
      return { as: 'line', long: (type.max ?? 0) > LONG_TEXT, max: type.max }
    case 'integer':
    case 'day':
    case 'moment':
      return { as: type.type }
    case 'boolean':
      return { as: 'yes_no' }
    default:
      return { as: 'fixed' }
  }
}

function choicesOf(device: Device, kind: string, field: string, type: FieldType): Choice[] | null {
  if (type.type === 'one_of') {
    return type.values.map((key) => ({ key, text: device.settling.textOf(kind, field, key) }))
  }
  if (field === 'grid') {
    return device.view.scope
      .flatMap((one) => one.grids)
      .map((key) => ({ key, text: device.view.gridName(key) }))
  }
  if (field === 'visit_class') {
    return device.households.classes.map((one) => ({ key: one.key, text: one.label }))
  }
  if (field === 'purposes') {
    return device.visits.purposes.map((one) => ({ key: one.key, text: one.label.zh }))
  }
  if (WORKERS.has(field)) return device.view.colleagues().map((one) => ({ key: one.id, text: one.name }))
  return null
}

function answerEditor(device: Device, path: string, fields: Fields): Editor {
  const version = fields['item_version']
  const catalogue = device.view.catalogue
  const item =
    typeof version === 'number'
      ? catalogue.item(text(fields['item']), version)
      : catalogue.current(text(fields['item']), device.today())
  const field = fieldAt(catalogue.form(item?.form ?? '')?.fields ?? [], path)
  return field && field.type !== 'repeat' ? { as: 'answer', field } : { as: 'fixed' }
}
