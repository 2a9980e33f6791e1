/** The photos that a case names: its own, and those that are answers of its form. */
import type { Fields } from '@/engine/field_values'
import { texts } from '@/parts/plain'

const DIGEST = /^[0-9a-f]{64}$/

export function photosOfCase(values: Fields): string[] {
  const answers = Object.entries(values)
    .filter(([field]) => field.startsWith('answers/'))
    .flatMap(([, value]) => texts(value).filter((one) => DIGEST.test(one)))
  return [...new Set([...texts(values['files']), ...answers])]
}
