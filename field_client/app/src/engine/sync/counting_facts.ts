/**
 * What counting (`grid_map/counting`) needs of records; the twin of `sync/counting_facts.py`. Facts are kept with their
 * record: a shown record is never changed in place, a changed one is another object.
 */
import type { Outcome, RoundFact, VisitFact } from '../grid_map/counting'
import { countDay, type Day } from '../days'
import { DEFAULT_CLASS } from '../grid_map/visit_classes'
import { correctedMs } from './clock'
import { text, textOrNull, texts } from '../field_values'
import type { FieldRecord } from './record'

const OUTCOMES: readonly Outcome[] = ['met', 'not_home', 'phone', 'service_point', 'seen']
const occurredByRecord = new WeakMap<FieldRecord, number>()
const visitByRecord = new WeakMap<FieldRecord, VisitFact>()

/**
 * Unix milliseconds of a moment that was judged when it was captured: read by the engine itself, as thousands are read at
 * once. 0 where it cannot be read, so that one strange record does not take a whole list along.
 */
export function recordedMs(moment: string): number {
  const at = Date.parse(moment)
  return Number.isNaN(at) ? 0 : at
}

/** When a visit, round, case or request occurred, in corrected Unix milliseconds; 0 where it does not say. */
export function occurredMs(record: FieldRecord): number {
  const known = occurredByRecord.get(record)
  if (known !== undefined) return known
  const { started_at, captured_at, asked_at } = record.values
  const said = started_at ?? captured_at ?? asked_at
  const at = typeof said === 'string' ? correctedMs(recordedMs(said), record.offset_ms ?? 0) : 0
  occurredByRecord.set(record, at)
  return at
}

/** The day in Asia/Shanghai on which it occurred. */
export function occurredDay(record: FieldRecord): Day {
  return countDay(occurredMs(record))
}

/** Who made a visit: its worker, and who came along. */
export function visitors(visit: FieldRecord): string[] {
  return [text(visit.values, 'worker'), ...texts(visit.values, 'companions')]
}

/** What counting needs of a visit; it occurred when the phone says, put right by its clock offset. */
export function visitFact(record: FieldRecord): VisitFact {
  const known = visitByRecord.get(record)
  if (known) return known
  const { values } = record
  const fact: VisitFact = {
    id: record.id,
    round: textOrNull(values, 'round'),
    workers: visitors(record),
    household: textOrNull(values, 'household'),
    grid: record.grid ?? '',
    village: record.village,
    visitClass: text(values, 'visit_class') || DEFAULT_CLASS,
    // an outcome that a newer server may have counts as none of those known here
    outcome: OUTCOMES.find((one) => one === values.outcome) ?? 'phone',
    occurredAtMs: occurredMs(record),
    voided: record.void != null,
  }
  visitByRecord.set(record, fact)
  return fact
}

/** What counting needs of a round. */
export function roundFact(record: FieldRecord): RoundFact {
  const finished = record.values.finished_at
  return {
    id: record.id,
    worker: text(record.values, 'worker'),
    grid: record.grid ?? text(record.values, 'grid'),
    village: record.village,
    startedAtMs: occurredMs(record),
    finishedAtMs:
      typeof finished === 'string' ? correctedMs(recordedMs(finished), record.offset_ms ?? 0) : null,
    voided: record.void != null,
  }
}
