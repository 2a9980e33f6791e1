/**
 * The provisional receipt number with its check character; of `forms/handling/receipt.py`. The village may not accept a
 * proxy item, so its slip is a 收件回执（代办）. 27 characters: village (12), day of capture as YYMMDD (6), 8 digits out of the
 * case's UUID, check character by ISO 7064 MOD 11-2. A number serves people; what identifies a case is its UUID.
 */
import { mod11_2 } from '../codes'
import { dayNumber } from '../../days'

export const PROVISIONAL_TITLE = '收件回执（代办）'
const SHORT_ID_DIGITS = 8
const RANDOM_BITS = 62n
const PROVISIONAL_LENGTH = 27
const VILLAGE = /^[0-9]{12}$/

/** The number on the slip, made without a network. RangeError for what is no village code or day. */
export function provisionalNumber(village: string, capturedOn: string, caseId: string): string {
  if (!VILLAGE.test(village)) throw new RangeError(`not a 12-digit division code: ${village}`)
  dayNumber(capturedOn)
  if (!capturedOn.startsWith('20')) throw new RangeError(`year out of range: ${capturedOn}`)
  const digits = village + capturedOn.slice(2).replaceAll('-', '') + shortId(caseId)
  return digits + mod11_2(digits)
}

/** Eight digits out of the random part of a case's UUID. */
function shortId(caseId: string): string {
  const random = BigInt(`0x${caseId.replaceAll('-', '')}`) & ((1n << RANDOM_BITS) - 1n)
  return String(random % 10n ** BigInt(SHORT_ID_DIGITS)).padStart(SHORT_ID_DIGITS, '0')
}

/** A number (provisional or official) as it is printed, in groups that can be read aloud. */
export function grouped(number: string): string {
  const ends = number.length === PROVISIONAL_LENGTH ? [12, 18, 26, 27] : [12, 16, 22, 23]
  return ends.map((end, at) => number.slice(ends[at - 1] ?? 0, end)).join('-')
}
