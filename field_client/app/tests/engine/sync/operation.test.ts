import { describe, expect, it } from 'vitest'
import { chain, digestOf, firstPrevious } from '@/engine/sync/chain'
import {
  exactText,
  OPERATION_BYTES_MAX,
  OperationTooLarge,
  ownOperation,
  rawForm,
  readOperation,
  Unreadable,
  utf8Bytes,
} from '@/engine/sync/operation'
import { replaceSurrogates } from '@/engine/text'
import { vectors } from '../vectors'

interface Exact {
  why: string
  exact: string
  previous?: string
  digest?: string
  fault?: string
}
const OPERATIONS = vectors<{
  device: string
  chain: Required<Exact>[]
  cut: { body: string; operations: string[] }[]
  faults: Required<Exact>[]
  no_faults: Exact[]
  place_only: Exact[]
  unreadable: Exact[]
  raw: { counter: number; exact: string; sent: string; digest: string }
  surrogates: { typed_utf16: number[]; stored: string }[]
  operation_bytes_max: number
}>('operations')

describe('the digest chain', () => {
  const exact = OPERATIONS.chain.map((one) => one.exact)
  it('names the digest before each operation', () => {
    const names = OPERATIONS.chain.map((one) => one.previous)
    expect(chain(OPERATIONS.device, exact).slice(0, -1)).toEqual(names)
    expect(chain(OPERATIONS.device, exact).at(-1)).toBe(OPERATIONS.chain.at(-1)?.digest)
    expect(firstPrevious(OPERATIONS.device)).toBe(names[0])
  })
  it.each(OPERATIONS.chain)('reads: $why', (one) => {
    const arrived = readOperation(one.exact)
    expect([arrived.fault, arrived.previous, arrived.digest]).toEqual([null, one.previous, one.digest])
    expect(arrived.operation).not.toBeNull()
  })
})

describe('exact texts', () => {
  it('are written as our devices write them', () => {
    for (const { exact } of OPERATIONS.chain.slice(0, 1)) expect(exactText(ownOperation(exact))).toBe(exact)
    const voided = {
      ...ownOperation(OPERATIONS.chain[7]?.exact ?? ''),
      seen: { revision: 3 },
      reason: '重复登记',
    }
    expect(exactText(voided)).toMatch(/"action":"void","seen":\{"revision":3\},"reason":"重复登记"\}$/)
  })
  it.each(OPERATIONS.cut)('stand in a body as they are', ({ body, operations }) => {
    for (const one of operations) expect(body).toContain(one)
  })
  it('are refused over 64 KiB and with a lone surrogate', () => {
    const first = ownOperation(OPERATIONS.chain[0]?.exact ?? '')
    expect(OPERATION_BYTES_MAX).toBe(OPERATIONS.operation_bytes_max)
    const note = '敭'.repeat(OPERATION_BYTES_MAX / 3)
    expect(() => exactText({ ...first, fields: { note } })).toThrow(OperationTooLarge)
    expect(() => exactText({ ...first, fields: { note: '\ud83d' } })).toThrow(Unreadable)
    expect(exactText({ ...first, fields: { note: '\\ud83d' } })).toContain('\\\\ud83d')
  })
  it('are as long as their UTF-8', () => {
    for (const text of ['', 'a', 'é', '敭', '👵🏽', 'a𠮷b'])
      expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).length)
  })
})

describe('what can be read of an operation', () => {
  it.each(OPERATIONS.faults)('keeps place and digest with a fault: $why', (one) => {
    const arrived = readOperation(one.exact)
    expect([arrived.counter, arrived.fault, arrived.digest]).toEqual([10, one.fault, one.digest])
  })
  it.each(OPERATIONS.no_faults)('has no fault: $why', ({ exact }) =>
    expect(readOperation(exact).fault).toBeNull(),
  )
  it.each(OPERATIONS.place_only)('is only its place: $why', ({ exact }) => {
    const arrived = readOperation(exact)
    expect([arrived.operation, arrived.counter]).toEqual([null, 10])
    expect(arrived.fault).toBeTruthy()
  })
  it.each(OPERATIONS.unreadable)('is nothing: $why', ({ exact }) =>
    expect(() => readOperation(exact)).toThrow(Unreadable),
  )
  it('takes the raw form', () => {
    const { raw } = OPERATIONS
    expect(rawForm(raw.counter, raw.exact)).toBe(raw.sent)
    const arrived = readOperation(raw.sent)
    expect(arrived.exact).toBe(raw.exact)
    expect([arrived.counter, arrived.digest, digestOf(arrived.exact)]).toEqual([
      raw.counter,
      raw.digest,
      raw.digest,
    ])
    expect([arrived.operation, arrived.previous]).toEqual([null, null])
  })
})

describe('lone surrogates', () => {
  it.each(OPERATIONS.surrogates)('are replaced at capture: $typed_utf16', ({ typed_utf16, stored }) =>
    expect(replaceSurrogates(String.fromCharCode(...typed_utf16))).toBe(stored),
  )
})
