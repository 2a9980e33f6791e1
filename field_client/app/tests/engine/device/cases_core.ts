/** A casework core with the demonstration catalogue, and cases upon it. */
import { DeviceCases } from '@/engine/device/cases'
import type { Fields } from '@/engine/field_values'
import { demonstrationParts } from '../forms/demonstration'
import { HEAD, HOME, openCore, sent, type OpenCore, type TestTimes } from './open_core'
import { id, GRID, SCOPE, VILLAGE, WORKER } from './phone'

/** 2026-11-23 16:00 in Haining. */
export const SAID = '2026-11-23T16:00:00+08:00'
export const OLD_AGE = 'old-age-allowance'
/** A number whose county no table knows. */
export const IDENTITY_NUMBER = '33049919500312001X'
/** The answers to the old-age allowance's form that are not known before. */
export const OLD_AGE_ANSWERS = { age_band: '80', account: '6222020000000000000', own_account: true }

export interface CasesCore extends OpenCore {
  times: TestTimes
  cases: DeviceCases
}

export async function openCases(): Promise<CasesCore> {
  const open = await openCore()
  await open.store.write((edit) => {
    edit.copy.applyEntries('reference', catalogueRecords(), SCOPE)
    edit.copy.applyEntries(VILLAGE, [sent('resident', 2, HEAD_VALUES, { grid: GRID, version: 900 })], SCOPE)
  })
  const cases = new DeviceCases(open.core)
  await cases.ready()
  await cases.searchReady()
  return { ...open, cases }
}

/** Bring cases from the server; their numbers begin at 500. */
export async function bring(open: OpenCore, ...cases: Fields[]): Promise<string[]> {
  const records = cases.map((values, at) =>
    sent('case', 500 + at, values, {
      grid: GRID,
      holder: typeof values.holder === 'string' ? values.holder : WORKER,
      created: ['2026-11-20T01:00:00.000Z/0000', 'd'],
      version: 1000 + at,
    }),
  )
  await open.store.write((edit) => void edit.copy.applyEntries(VILLAGE, records, SCOPE))
  return records.map((one) => one.id)
}

/** Values of an old-age allowance's case that was captured on 2026-11-20. */
export function oldAge(state: string, more: Fields = {}): Fields {
  return {
    item: OLD_AGE,
    item_version: 1,
    state,
    household: HOME,
    resident: HEAD,
    first_contact: WORKER,
    holder: WORKER,
    captured_at: '2026-11-20T09:00:00+08:00',
    receipt_number: '330481106222261120336534194',
    ...more,
  }
}

const HEAD_VALUES: Fields = {
  household: HOME,
  name: '沈建国',
  phone: '13800000001',
  identity_number: IDENTITY_NUMBER,
}

function catalogueRecords() {
  const parts = demonstrationParts()
  const of = (kind: string, definitions: readonly { key: string }[], first: number) =>
    definitions.map((definition, at) =>
      sent(
        kind,
        first + at,
        { key: definition.key, version: 1, definition: JSON.parse(JSON.stringify(definition)) as Fields },
        { village: 'reference', id: id(first + at) },
      ),
    )
  return [
    ...of(
      'department',
      parts.flatMap((one) => one.departments ?? []),
      2000,
    ),
    ...of(
      'item',
      parts.flatMap((one) => one.items ?? []),
      3000,
    ),
    ...of(
      'form',
      parts.flatMap((one) => one.forms ?? []),
      4000,
    ),
  ]
}
