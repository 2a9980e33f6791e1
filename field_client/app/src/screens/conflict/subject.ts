/** What a conflict is about, in a few words. */
import type { Device } from '@/engine/api'
import type { FieldRecord } from '@/engine/sync/record'
import { text } from '@/parts/plain'

export function subjectTitle(subject: FieldRecord | undefined, device: Device): string {
  if (!subject) return ''
  const { values } = subject
  if (subject.kind === 'case') {
    const version = values['item_version']
    const item = device.view.catalogue.item(text(values['item']), typeof version === 'number' ? version : 0)
    const person =
      text(device.view.get(text(values['resident']))?.values['name']) || text(values['applicant_name'])
    return [item?.name, person].filter(Boolean).join(' ')
  }
  const household = device.view.get(text(values['household']))
  return (
    text(values['name']) || text(values['title']) || text(household?.values['name']) || text(values['place'])
  )
}
