/**
 * Operations: what a device captures, as a value and as exact text. The twin of `sync/operation.py`.
 *
 * The text is the truth: stored so, hashed and sent as its UTF-8, and never encoded again.
 */
import { isWellFormed, textFaults } from './json_text'
import type { Fields, Value } from '../field_values'
import { digestOf } from './chain'

export const FORMAT = 1
export const OPERATION_BYTES_MAX = 64 * 1024
/** How deep lists and objects may stand inside one another, the operation itself not counted. */
const NESTING_MAX = 32

/**
 * One captured operation; the order of members is the order in which our devices write it. `seen` holds for each field
 * set the value that the worker saw (`seenForm`), for a void the `revision`. `mends` names the rejected operation that
 * this one puts right, `captured` then that one's clock.
 */
export interface Operation {
  id: string
  format: number
  counter: number
  previous: string
  clock: string
  offset_ms: number
  kind: string
  record: string
  village: string
  action: string
  seen?: Fields
  fields?: Fields
  reason?: string | null
  mends?: string | null
  captured?: string | null
}

/** An operation as it is kept: its place, its digest, and what could be read of it (null: only its place). */
export interface Arrived {
  counter: number
  previous: string | null
  digest: string
  exact: string
  operation: Operation | null
  fault: string | null
}

/** Over 64 KiB: nothing of this size travels. */
export class OperationTooLarge extends RangeError {}

/** Not even the place in the chain can be read. */
export class Unreadable extends Error {}

/** How many bytes a text has in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return bytes
}

/** Encode once, at capture. OperationTooLarge if it is over 64 KiB; Unreadable if its text is no UTF-8. */
export function exactText(operation: Operation): string {
  const { seen = {}, fields = {}, reason = null, mends = null, captured = null } = operation
  const exact = JSON.stringify({
    id: operation.id,
    format: operation.format,
    counter: operation.counter,
    previous: operation.previous,
    clock: operation.clock,
    offset_ms: operation.offset_ms,
    kind: operation.kind,
    record: operation.record,
    village: operation.village,
    action: operation.action,
    ...(Object.keys(seen).length ? { seen } : {}),
    ...(Object.keys(fields).length ? { fields } : {}),
    ...(reason === null ? {} : { reason }),
    ...(mends === null ? {} : { mends }),
    ...(captured === null ? {} : { captured }),
  })
  if (/\\ud[89a-f]/.test(exact) && textFaults(exact).loneSurrogate)
    throw new Unreadable('a lone surrogate must be replaced at capture')
  if (utf8Bytes(exact) > OPERATION_BYTES_MAX)
    throw new OperationTooLarge(`an operation of ${utf8Bytes(exact)} bytes; at most ${OPERATION_BYTES_MAX}`)
  return exact
}

/** Read kept or sent text. Unreadable where not even its place in the chain can be read. */
export function readOperation(exact: string): Arrived {
  const body = utf8Bytes(exact) > OPERATION_BYTES_MAX ? undefined : parsed(exact)
  if (body === undefined) return readRaw(exact)
  if (!isObject(body)) throw new Unreadable('no object')
  const place = { counter: body.counter, previous: body.previous, id: body.id ?? null }
  if (!isInteger(place.counter) || typeof place.previous !== 'string' || !isTextOrNull(place.id))
    return readRaw(exact)
  const read = { counter: place.counter, previous: place.previous, digest: digestOf(exact), exact }
  const wrong = memberFault(body)
  if (wrong !== null) return { ...read, operation: null, fault: wrong }
  return { ...read, operation: asOperation(body), fault: strictFault(exact, body) }
}

/** The operation of a text that this device wrote itself, which needs no checking. Unreadable where it is none. */
export function ownOperation(exact: string): Operation {
  const body: Value = JSON.parse(exact)
  if (!isObject(body) || memberFault(body) !== null) throw new Unreadable('not an operation of ours')
  return asOperation(body)
}

/** The always-accepted form of a single operation that the server still refuses. */
export function rawForm(counter: number, exact: string | Uint8Array): string {
  const bytes = typeof exact === 'string' ? new TextEncoder().encode(exact) : exact
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return JSON.stringify({ counter, raw: btoa(binary) })
}

function parsed(exact: string): Value | undefined {
  if (!isWellFormed(exact)) return undefined
  try {
    const body: Value = JSON.parse(exact)
    return textFaults(exact).loneSurrogate ? undefined : body
  } catch {
    return undefined
  }
}

function readRaw(exact: string): Arrived {
  try {
    const body: unknown = JSON.parse(exact)
    if (isObject(body) && Object.keys(body).every((key) => key === 'counter' || key === 'raw'))
      if (isInteger(body.counter) && typeof body.raw === 'string') return unwrapped(body.counter, body.raw)
  } catch (error) {
    throw new Unreadable('no operation', { cause: error })
  }
  throw new Unreadable('no operation')
}

function unwrapped(counter: number, raw: string): Arrived {
  const bytes = Uint8Array.from(atob(raw), (sign) => sign.charCodeAt(0))
  const exact = new TextDecoder().decode(bytes)
  return {
    counter,
    previous: null,
    digest: digestOf(bytes),
    exact,
    operation: null,
    fault: 'sent as raw bytes',
  }
}

const TEXTS = ['id', 'previous', 'clock', 'kind', 'record', 'village', 'action'] as const
const INTEGERS = ['format', 'counter', 'offset_ms'] as const

/** The first member that is missing or of another type, in words for a computer person; null where all is well. */
function memberFault(body: Fields): string | null {
  for (const name of TEXTS) if (typeof body[name] !== 'string') return `${name} is no text`
  for (const name of INTEGERS) if (!Number.isInteger(body[name])) return `${name} is no integer`
  for (const name of ['seen', 'fields'])
    if (name in body && !isObject(body[name])) return `${name} is no object`
  for (const name of ['reason', 'mends', 'captured'])
    if (!isTextOrNull(body[name] ?? null)) return `${name} is no text`
  return null
}

function asOperation(body: Fields): Operation {
  const text = (name: string): string => String(body[name])
  const number = (name: string): number => Number(body[name])
  const object = (name: string): Fields => {
    const value = body[name]
    return isObject(value) ? value : {}
  }
  const perhaps = (name: string): string | null => {
    const value = body[name]
    return typeof value === 'string' ? value : null
  }
  return {
    id: text('id'),
    format: number('format'),
    counter: number('counter'),
    previous: text('previous'),
    clock: text('clock'),
    offset_ms: number('offset_ms'),
    kind: text('kind'),
    record: text('record'),
    village: text('village'),
    action: text('action'),
    seen: object('seen'),
    fields: object('fields'),
    reason: perhaps('reason'),
    mends: perhaps('mends'),
    captured: perhaps('captured'),
  }
}

/** Why a text is not the protocol's JSON (a key twice, a number out of range, too deep), or null if it is. */
function strictFault(exact: string, body: Fields): string | null {
  const { fault } = textFaults(exact)
  if (fault !== null) return fault
  return Object.values(body).every((value) => depthOf(value) <= NESTING_MAX)
    ? null
    : `lists and objects stand more than ${NESTING_MAX} deep`
}

/** How deep lists and objects stand inside a value; a plain value is 0 deep. */
function depthOf(value: Value): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value)
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
