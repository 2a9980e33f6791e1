/**
 * Numbers that people and organisations carry: is it one, and what does it say. The twin of `forms/codes.py`.
 *
 * Sources: GB 11643-1999 (公民身份号码), GB 32100-2015 (统一社会信用代码), the Luhn check of bank cards (ISO/IEC 7812-1),
 * the mainland numbering plan. Every check takes what a person typed (spaces, full-width digits, a lower-case x) and
 * gives all problems with their pointer; an unknown county is never a mistake. Days are ISO texts.
 */
import type { Problem } from '../problem'
import { isDay } from '../days'
import { problem } from './messages'

const IDENTITY_NUMBER = /^[0-9]{17}[0-9X]$/
const CREDIT_CODE = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/
const BANK_ACCOUNT = /^[0-9]{9,32}$/
const PHONE = /^(?:1[3-9][0-9]{9}|0(?:10|2[0-9])[0-9]{8}|0[3-9][0-9]{2}[0-9]{7,8})$/
const CREDIT_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** As GB 11643 writes it: no spaces, half-width, X in upper case. Judges nothing. */
export function normaliseIdentityNumber(text: string): string {
  return compact(text, / /g).toUpperCase()
}

/** As GB 32100 writes it: no spaces or hyphens, upper case. Judges nothing. */
export function normaliseCreditCode(text: string): string {
  return compact(text, /[ -]/g).toUpperCase()
}

/** Digits without spaces and hyphens. Judges nothing. */
export function normaliseBankAccount(text: string): string {
  return compact(text, /[ -]/g)
}

/** Digits without separators and without the country code +86 or 0086. Judges nothing. */
export function normalisePhone(text: string): string {
  return compact(text, /[ ()-]/g)
    .replace(/^\+86/, '')
    .replace(/^0086/, '')
}

/** Problems of a 公民身份号码: its form, or its birth date and its check digit together. */
export function checkIdentityNumber(text: string, today: string, pointer = ''): Problem[] {
  const number = normaliseIdentityNumber(text)
  if (!IDENTITY_NUMBER.test(number)) return [problem(pointer, 'identity-number-form')]
  const found: Problem[] = []
  const born = identityNumberBirthDate(number)
  if (born === null) found.push(problem(pointer, 'identity-number-birth-date'))
  else if (born > today) found.push(problem(pointer, 'identity-number-birth-future'))
  if (mod11_2(number.slice(0, 17)) !== number[17]) {
    found.push(problem(pointer, 'identity-number-check-digit'))
  }
  return found
}

/** Problems of a 统一社会信用代码: its form, or its check digit. */
export function checkCreditCode(text: string, pointer = ''): Problem[] {
  const code = normaliseCreditCode(text)
  if (!CREDIT_CODE.test(code)) return [problem(pointer, 'credit-code-form')]
  return creditCheckDigit(code) === code[17] ? [] : [problem(pointer, 'credit-code-check-digit')]
}

/** Problems of a card or passbook account. A failing Luhn check is a remark: passbooks do not keep it. */
export function checkBankAccount(text: string, pointer = ''): Problem[] {
  const account = normaliseBankAccount(text)
  if (!BANK_ACCOUNT.test(account)) return [problem(pointer, 'bank-account-form')]
  return luhnHolds(account) ? [] : [problem(pointer, 'bank-account-luhn', { remark: true })]
}

/** Problems of a mainland phone number: a mobile, or a landline with its area code. */
export function checkPhone(text: string, pointer = ''): Problem[] {
  return PHONE.test(normalisePhone(text)) ? [] : [problem(pointer, 'phone-form')]
}

/** The birth date that an identity number names; null if it is not well-formed or there is no such day. */
export function identityNumberBirthDate(number: string): string | null {
  const digits = normaliseIdentityNumber(number)
  if (!IDENTITY_NUMBER.test(digits)) return null
  const day = `${digits.slice(6, 10)}-${digits.slice(10, 12)}-${digits.slice(12, 14)}`
  return isDay(day) ? day : null
}

/** The sex that an identity number names (its 17th digit: odd is male); null if it is not well-formed. */
export function identityNumberSex(number: string): 'male' | 'female' | null {
  const digits = normaliseIdentityNumber(number)
  if (!IDENTITY_NUMBER.test(digits)) return null
  return Number(digits[16]) % 2 ? 'male' : 'female'
}

/** As lists show it (330481********001X). What is not of 18 characters is masked whole. */
export function maskIdentityNumber(number: string): string {
  const digits = normaliseIdentityNumber(number)
  const length = [...digits].length
  return length === 18 ? `${digits.slice(0, 6)}********${digits.slice(14)}` : '*'.repeat(length)
}

/** The check character of ISO 7064 MOD 11-2, as on an identity card, over ASCII digits. */
export function mod11_2(digits: string): string {
  let sum = 0
  for (const digit of digits) sum = ((sum + Number(digit)) * 2) % 11
  const check = (12 - sum) % 11
  return check === 10 ? 'X' : String(check)
}

function creditCheckDigit(code: string): string | undefined {
  let [sum, weight] = [0, 1]
  for (const character of code.slice(0, 17)) {
    sum += CREDIT_ALPHABET.indexOf(character) * weight
    weight = (weight * 3) % 31
  }
  return CREDIT_ALPHABET[(31 - (sum % 31)) % 31]
}

function luhnHolds(digits: string): boolean {
  let sum = 0
  for (const [place, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (place % 2 ? 2 : 1)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

/** Half-width and without the separators that people write. */
function compact(text: string, ignored: RegExp): string {
  return text.normalize('NFKC').replace(ignored, '')
}
