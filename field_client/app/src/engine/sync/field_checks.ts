/** What is wrong with the fields of an operation: all of it at once, in words. The twin of `sync/field_checks.py`. */
import { pointerTo } from '../forms/messages'
import type { Problem } from '../problem'
import { isDay } from '../days'
import { fieldLabel, fieldType, OBJECTS, type FieldType, type Kind } from './kinds'
import { objectOf, type Fields, type Value } from '../field_values'
import { lengthOf } from '../text'

const MOMENT =
  /^\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):?[0-5]\d)$/
const MOMENT_PARTS = ['at', 'start', 'end']
const SET_CHANGES: ReadonlySet<string> = new Set(['add', 'remove'])

/** Everything wrong with the fields of a create or change; empty where all is well. */
export function fieldProblems(kind: Kind, fields: Fields): Problem[] {
  return Object.entries(fields).flatMap(([field, value]) => fieldProblem(kind, field, value) ?? [])
}

/** A required field that is missing in a create, or that a change takes away: each is one problem. */
export function clearedProblems(kind: Kind, fields: Fields, creating = false): Problem[] {
  return kind.required
    .filter((field) => (creating || Object.hasOwn(fields, field)) && (fields[field] ?? '') === '')
    .map((field) => ({
      pointer: pointerTo('fields', field),
      code: 'required',
      message: `缺少“${fieldLabel(kind.name, field).zh}”`,
      message_en: `“${field}” is missing`,
    }))
}

/** Moments outside the years 1900 to 2999, which no calendar here can count. */
export function strangeMoments(kind: Kind, fields: Fields): Problem[] {
  return Object.entries(fields)
    .filter(([field, value]) => kind.dated.has(field) && !countable(kind, field, value))
    .map(([field]) => ({
      pointer: pointerTo('fields', field),
      code: 'wrong-moment',
      message: `“${fieldLabel(kind.name, field).zh}”的时间不可能`,
      message_en: `“${field}” is no time that can be meant`,
    }))
}

/** Whether a value has the form that a type asks for. */
function hasType(wanted: FieldType, value: Value): boolean {
  switch (wanted.type) {
    case 'text':
      return typeof value === 'string' && isText(value, wanted.min, wanted.max, wanted.pattern)
    case 'reference':
      return typeof value === 'string' && isText(value, 36, 36)
    case 'digest':
      return typeof value === 'string' && isText(value, 64, 64)
    case 'integer':
      return isInteger(value, wanted.min, wanted.max)
    case 'boolean':
      return typeof value === 'boolean'
    case 'moment':
      return typeof value === 'string' && MOMENT.test(value) && isDay(value.slice(0, 10))
    case 'day':
      return isDay(value)
    case 'one_of':
      return typeof value === 'string' && wanted.values.includes(value)
    case 'list':
      return Array.isArray(value) && value.every((one) => hasType(wanted.of, one))
    case 'any_of':
      return wanted.of.some((one) => hasType(one, value))
    case 'any_object':
      return objectOf(value) !== undefined
    case 'object':
      return isObject(wanted.name, value)
  }
}

function isText(value: string, min = 0, max = Infinity, pattern?: string): boolean {
  const length = lengthOf(value)
  return length >= min && length <= max && (pattern === undefined || new RegExp(pattern, 'u').test(value))
}

function isInteger(value: Value, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

function isObject(name: string, value: Value): boolean {
  const members = OBJECTS[name]
  const given = objectOf(value)
  if (members === undefined || given === undefined) return false
  if (!Object.keys(given).every((member) => Object.hasOwn(members, member))) return false
  return Object.entries(members).every(([member, wanted]) => {
    const found = given[member]
    if (found === undefined) return wanted.optional === true
    return found === null ? wanted.nullable === true : hasType(wanted, found)
  })
}

/** `{"add": […], "remove": […]}` of codes. */
function isSetChange(change: Fields): boolean {
  return Object.entries(change).every(
    ([name, members]) =>
      SET_CHANGES.has(name) && hasType({ type: 'list', of: { type: 'text', min: 1, max: 64 } }, members),
  )
}

function fieldProblem(kind: Kind, field: string, value: Value): Problem | null {
  const wanted = fieldType(kind, field)
  const { zh } = fieldLabel(kind.name, field)
  if (wanted === undefined)
    return {
      pointer: pointerTo('fields', field),
      code: 'unknown-field',
      message: `${kind.label}没有“${zh}”这一项`,
      message_en: `a ${kind.name} has no field “${field}”`,
    }
  const change = kind.sets.has(field) ? objectOf(value) : undefined
  const fits = change === undefined ? value === null || hasType(wanted, value) : isSetChange(change)
  if (fits) return null
  return {
    pointer: pointerTo('fields', field),
    code: 'wrong-type',
    message: `“${zh}”的内容格式不对`,
    message_en: `“${field}” is not of the form that it must have`,
  }
}

function countable(kind: Kind, field: string, value: Value): boolean {
  return kind.moments.has(field) ? isCountable(value) : partsCountable(value)
}

function isCountable(value: Value | undefined): boolean {
  if (typeof value !== 'string' || !/^\d{4}/.test(value)) return true
  return value.slice(0, 4) >= '1900' && value.slice(0, 4) <= '2999'
}

function partsCountable(value: Value): boolean {
  if (Array.isArray(value)) return value.every(partsCountable)
  const parts = objectOf(value)
  return parts === undefined || MOMENT_PARTS.every((part) => isCountable(parts[part]))
}
