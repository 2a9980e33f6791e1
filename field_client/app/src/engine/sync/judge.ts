/**
 * Whether an operation is in order: all its problems at once, in the words that the server would use. The twin of
 * `sync/judge.py`, as far as a phone can know: what only the server knows (who ever had a grid, whether somebody else
 * has moved the household) is judged there, so that nobody is stopped on a doorstep by what the phone has not heard of.
 */
import { pointerTo } from '../forms/messages'
import type { Problem } from '../problem'
import { isClock } from './clock'
import { clearedProblems, fieldProblems, strangeMoments } from './field_checks'
import { isUuid } from './ids'
import { fieldLabel, KINDS, OPENED_BY_SERVER, REFERENCE_KINDS, REFERENCE_VILLAGE, type Kind } from './kinds'
import { setAfter } from './merge'
import { FORMAT, type Operation } from './operation'
import { objectOf } from '../field_values'
import { sameValue, type FieldRecord } from './record'
import { RULES } from './rules'
import { Context } from './rules/context'
import type { Author, Facts } from './world'

const OFFSET_MS_MAX = 100 * 366 * 24 * 3600 * 1000
const ACTIONS: ReadonlySet<string> = new Set(['create', 'change', 'void'])
/** Roles that write a village's records. */
const WRITES: ReadonlySet<string> = new Set(['worker', 'village_lead', 'window'])
/** What a town clerk writes: the matters that were handed up, and what belongs to them. */
const CLERK_KINDS: ReadonlySet<string> = new Set(['case', 'task', 'conflict', 'duplicate', 'reading'])
const SET_MEMBERS_MAX = 500
const RECORD_FIELDS_MAX = 1000

/** In order (no problems) or not; `remarks` are worth telling. `waitsFor`: the record that is not here yet. */
export interface Verdict {
  problems: Problem[]
  remarks: Problem[]
  waitsFor: string | null
}

/** Judge one operation against the record as it is shown (undefined for a create, or where it is not here). */
export function judge(
  operation: Operation,
  author: Author,
  facts: Facts,
  record: FieldRecord | undefined,
  nowMs: number,
): Verdict {
  const unformed = formProblems(operation)
  const kind = KINDS.get(operation.kind)
  if (unformed.length || kind === undefined) return refused(unformed)
  if (operation.action !== 'create' && record === undefined)
    return { problems: [], remarks: [], waitsFor: operation.record }
  if (record !== undefined && record.kind !== kind.name)
    return refused([found('/kind', 'wrong-kind', '这条记录不是这一类', 'the record is of another kind')])
  const wrong = ofFields(operation, kind, facts, record)
  const problems = wrong.length ? wrong : overgrown(operation, kind, record)
  if (problems.length) return refused(problems)
  const forbidden = noRight(operation, author, facts, record)
  if (forbidden !== null) return refused([forbidden])
  const context = new Context(operation, author, facts, record, nowMs)
  RULES[kind.name]?.(context)
  return { problems: context.problems, remarks: context.remarks, waitsFor: null }
}

function refused(problems: Problem[]): Verdict {
  return { problems, remarks: [], waitsFor: null }
}

function found(pointer: string, code: string, message: string, messageEn: string): Problem {
  return { pointer, code, message, message_en: messageEn }
}

/** Problems of the operation itself, whatever it is about. */
function formProblems(operation: Operation): Problem[] {
  const wrongClock = (at: string): Problem =>
    found(at, 'wrong-clock', '时钟读数的格式不对', 'not a clock reading')
  const problems: Problem[] = []
  if (operation.format !== FORMAT)
    problems.push(found('/format', 'unknown-format', '这条记录的格式本服务器还不认识', 'unknown format'))
  if (!KINDS.has(operation.kind))
    problems.push(found('/kind', 'unknown-kind', '本服务器还不认识这一类记录', 'unknown kind of record'))
  if (!ACTIONS.has(operation.action))
    problems.push(found('/action', 'unknown-action', '本服务器还不认识这个动作', 'unknown action'))
  if (!isClock(operation.clock)) problems.push(wrongClock('/clock'))
  if (operation.captured != null && !isClock(operation.captured)) problems.push(wrongClock('/captured'))
  if (Math.abs(operation.offset_ms) > OFFSET_MS_MAX)
    problems.push(found('/offset_ms', 'wrong-offset', '手机时间的偏差不可能', 'no clock is off by so much'))
  for (const name of ['id', 'record'] as const)
    if (!isUuid(operation[name]))
      problems.push(found(`/${name}`, 'wrong-id', '编号的格式不对', 'not a lower-case UUID'))
  if (operation.action === 'create' && operation.id !== operation.record && operation.mends == null)
    problems.push(
      found('/record', 'wrong-record', '新建的编号应与记录编号相同', "a create's id is its record"),
    )
  if (operation.action === 'void' && !(operation.reason ?? '').trim())
    problems.push(found('/reason', 'required', '撤销要写明原因', 'a void needs a reason'))
  return problems
}

/** Fields of the wrong form, missing ones, and those that are fixed once captured. */
function ofFields(
  operation: Operation,
  kind: Kind,
  facts: Facts,
  record: FieldRecord | undefined,
): Problem[] {
  const fields = operation.fields ?? {}
  const creating = operation.action === 'create'
  const problems = [...fieldProblems(kind, fields), ...clearedProblems(kind, fields, creating)]
  if (creating && operation.mends != null && facts.look(operation.record) !== undefined)
    problems.push(found('/record', 'record-exists', '这条记录已经有了', 'the record is there already'))
  if (!creating && record !== undefined)
    for (const [field, value] of Object.entries(fields))
      if (kind.on_create_only.has(field) && !sameValue(value, record.values[field]))
        problems.push(
          found(
            `/fields/${field}`,
            'fixed-field',
            `“${fieldLabel(kind.name, field).zh}”登记后不能改`,
            `“${field}” is fixed once captured`,
          ),
        )
  return [...problems, ...strangeMoments(kind, fields)]
}

/** A set or a record that many small changes have made too large for every phone that has to hold it. */
function overgrown(operation: Operation, kind: Kind, record: FieldRecord | undefined): Problem[] {
  const fields = operation.fields ?? {}
  const values = record?.values ?? {}
  const problems = Object.entries(fields)
    .filter(([field]) => kind.sets.has(field))
    .filter(([field, value]) => membersAfter(values[field], value) > SET_MEMBERS_MAX)
    .map(([field]) =>
      found(
        pointerTo('fields', field),
        'too-many',
        `“${fieldLabel(kind.name, field).zh}”最多${SET_MEMBERS_MAX}个`,
        `“${field}” holds at most ${SET_MEMBERS_MAX}`,
      ),
    )
  if (new Set([...Object.keys(fields), ...Object.keys(values)]).size > RECORD_FIELDS_MAX)
    problems.push(found('/fields', 'too-many', '这条记录的内容项太多', 'too many fields in a record'))
  return problems
}

function membersAfter(
  present: Parameters<typeof setAfter>[0],
  value: Parameters<typeof setAfter>[1],
): number {
  if (objectOf(value) !== undefined) return setAfter(present, value).length
  return Array.isArray(value) ? value.length : 0
}

/** Whether the author may write such a record at all; null if so. */
function noRight(
  operation: Operation,
  author: Author,
  facts: Facts,
  record: FieldRecord | undefined,
): Problem | null {
  const { kind, action } = operation
  const refuse = (message: string, messageEn: string): Problem =>
    found('/kind', 'no-right', message, messageEn)
  if (REFERENCE_KINDS.has(kind) || kind === 'worker' || operation.village === REFERENCE_VILLAGE)
    return refuse('这类资料由市级管理员发布', 'published by the city administrator')
  if (OPENED_BY_SERVER.has(kind) && action !== 'change')
    return refuse('这类记录由系统产生', 'such records are opened by the server')
  if (!WRITES.has(author.role) && !(author.role === 'town_clerk' && CLERK_KINDS.has(kind)))
    return refuse('您的岗位不登记这类记录', 'this role does not write such records')
  if (record === undefined && !facts.coversVillage(author.division, operation.village))
    return found('/village', 'other-village', '这不是您所在的村社', 'this is not your village')
  return null
}
