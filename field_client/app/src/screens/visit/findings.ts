/** Findings of a recorded visit; what this version of the app does not know is shown as 其他. */
import type { Disposition, Finding, FindingType } from '@/engine/api'
import type { Fields, Value } from '@/engine/field_values'
import { text } from '@/parts/plain'
import { DISPOSITIONS, FINDING_TYPES } from './choices'

export function findingsOf(values: Fields): Finding[] {
  const { findings } = values
  return Array.isArray(findings) ? findings.flatMap((one) => finding(one)) : []
}

function finding(value: Value): Finding[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return []
  return [
    {
      id: text(value.id),
      type: FINDING_TYPES.find((one): one is FindingType => one === value.type) ?? 'other',
      text: text(value.text),
      disposition: DISPOSITIONS.find((one): one is Disposition => one === value.disposition) ?? null,
    },
  ]
}
