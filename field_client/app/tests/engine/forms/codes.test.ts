import { expect, test } from 'vitest'
import {
  checkBankAccount,
  checkCreditCode,
  checkIdentityNumber,
  checkPhone,
  identityNumberBirthDate,
  identityNumberSex,
  maskIdentityNumber,
  normaliseBankAccount,
  normaliseCreditCode,
  normaliseIdentityNumber,
  normalisePhone,
} from '@/engine/forms/codes'
import { vectors } from '../vectors'

interface Code {
  name: string
  input: string
  normalised: string
  problems: string[]
}

const CODES = vectors<{
  identity_numbers: (Code & {
    today: string
    masked: string
    birth_date: string | null
    sex: string | null
  })[]
  credit_codes: Code[]
  bank_accounts: (Code & { remark: boolean })[]
  phones: Code[]
}>('codes')

const codesOf = (problems: { code: string }[]): string[] => problems.map((one) => one.code).sort()

test.each(CODES.identity_numbers)('identity number: $name', (one) => {
  expect(normaliseIdentityNumber(one.input)).toBe(one.normalised)
  expect(codesOf(checkIdentityNumber(one.input, one.today))).toEqual([...one.problems].sort())
  expect(maskIdentityNumber(one.input)).toBe(one.masked)
  expect(identityNumberBirthDate(one.input)).toBe(one.birth_date)
  expect(identityNumberSex(one.input)).toBe(one.sex)
})

test.each(CODES.credit_codes)('credit code: $name', (one) => {
  expect(normaliseCreditCode(one.input)).toBe(one.normalised)
  expect(codesOf(checkCreditCode(one.input))).toEqual([...one.problems].sort())
})

test.each(CODES.bank_accounts)('bank account: $name', (one) => {
  expect(normaliseBankAccount(one.input)).toBe(one.normalised)
  const found = checkBankAccount(one.input)
  expect(codesOf(found)).toEqual([...one.problems].sort())
  expect(found.some((problem) => problem.remark)).toBe(one.remark)
})

test.each(CODES.phones)('phone: $name', (one) => {
  expect(normalisePhone(one.input)).toBe(one.normalised)
  expect(codesOf(checkPhone(one.input))).toEqual([...one.problems].sort())
})
