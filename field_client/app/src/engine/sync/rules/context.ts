/** What a rule sees of the operation it judges, and where it puts what it finds. The twin of `sync/rules/context.py`. */
import { pointerTo } from '../../forms/messages'
import { nearestCountDay } from '../../days'
import type { Problem } from '../../problem'
import { capped, momentMs } from '../clock'
import type { Operation } from '../operation'
import { textIn, type Fields } from '../../field_values'
import type { FieldRecord } from '../record'
import type { Author, Facts } from '../world'

/** The day of capture by corrected time; a mended operation keeps the first one's. */
function capturedDay(operation: Operation, nowMs: number): string {
  const said = (operation.mends && operation.captured) || operation.clock
  return nearestCountDay(momentMs(capped(said, nowMs).slice(0, 24)))
}

/** One operation under judgement. Rules append to `problems` (refuse) and `remarks` (tell). */
export class Context {
  readonly problems: Problem[] = []
  readonly remarks: Problem[] = []
  readonly fields: Fields
  /** The day of capture, ISO. */
  readonly day: string

  constructor(
    readonly operation: Operation,
    readonly author: Author,
    readonly facts: Facts,
    readonly record: FieldRecord | undefined,
    readonly nowMs: number,
  ) {
    this.fields = operation.fields ?? {}
    this.day = capturedDay(operation, nowMs)
  }

  get creating(): boolean {
    return this.record === undefined
  }

  /** Where the record is, or will be. */
  get village(): string {
    return this.record?.village ?? this.operation.village
  }

  /** A field of the operation that is a text. */
  text(field: string): string | undefined {
    return textIn(this.fields, field)
  }

  /** Whether the rota puts the author at the village's window on the day of capture. */
  onDuty(): boolean {
    return this.facts.onDuty(this.author.worker, this.village, this.day)
  }

  /** A reason to refuse, at a field (empty for the operation as a whole). */
  reject(field: string, code: string, message: string, messageEn: string): void {
    const pointer = field ? pointerTo('fields', field) : ''
    this.problems.push({ pointer, code, message, message_en: messageEn })
  }

  /** Something to tell the worker, who did nothing wrong. */
  remark(code: string, message: string, messageEn: string): void {
    this.remarks.push({ pointer: '', code, message, message_en: messageEn, remark: true })
  }

  /** Problems found by `forms`, put under the field that they are about. */
  take(field: string, problems: readonly Problem[]): void {
    for (const problem of problems) {
      const at = { ...problem, pointer: pointerTo('fields', field) }
      if (problem.remark) this.remarks.push(at)
      else this.problems.push(at)
    }
  }

  /** Problems found by `forms` whose pointers name the fields themselves. */
  takeAll(problems: readonly Problem[]): void {
    for (const problem of problems)
      this.take(problem.pointer.replace(/^\//, '').replaceAll('~1', '/').replaceAll('~0', '~'), [problem])
  }
}
