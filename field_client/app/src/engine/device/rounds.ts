/**
 * A worker's rounds. One opens with its first visit and closes by its button, or by itself 3 hours after its last visit
 * (`grid_map/counting`).
 */
import { ROUND_OPEN_HOURS, roundClosesAt } from '../grid_map/counting'
import { HOUR_MS } from '../days'
import { occurredMs, roundFact } from '../sync/counting_facts'
import { text } from '../field_values'
import type { FieldRecord } from '../sync/record'
import type { Core } from './core'

const OPEN_MS = ROUND_OPEN_HOURS * HOUR_MS

/** A round, how many visits it has, and from when to when it is open. */
export interface RoundSpan {
  record: FieldRecord
  visits: number
  startMs: number
  closesMs: number
}

/** The worker's own rounds with their visits. */
function ownRounds(core: Core): RoundSpan[] {
  const visits = new Map<string, { number: number; lastMs: number }>()
  for (const visit of core.view.ofKind('visit')) {
    const round = text(visit.values, 'round')
    const before = visits.get(round) ?? { number: 0, lastMs: 0 }
    visits.set(round, {
      number: before.number + 1,
      lastMs: Math.max(before.lastMs, occurredMs(visit)),
    })
  }
  return core.view
    .ofKind('round')
    .filter((one) => one.values.worker === core.identity.worker.id)
    .map((record) => {
      const made = visits.get(record.id)
      return {
        record,
        visits: made?.number ?? 0,
        startMs: occurredMs(record),
        closesMs: roundClosesAt(roundFact(record), made?.lastMs ?? null),
      }
    })
}

/** The round that was open at an instant, the latest of several. */
export function roundOpenAt(core: Core, atMs: number): RoundSpan | null {
  return latest(ownRounds(core).filter((one) => one.startMs <= atMs && atMs < one.closesMs))
}

/**
 * The round to which a visit of an instant belongs: the one that was open then, else one of the same grid that began
 * within the hours in which a round stays open (a visit written up after a later one). Null where a new one begins.
 */
export function roundFor(core: Core, atMs: number, grid: string): RoundSpan | null {
  return (
    roundOpenAt(core, atMs) ??
    latest(
      ownRounds(core).filter(
        (one) => one.record.grid === grid && atMs < one.startMs && one.startMs - atMs <= OPEN_MS,
      ),
    )
  )
}

function latest(rounds: RoundSpan[]): RoundSpan | null {
  return rounds.reduce<RoundSpan | null>(
    (best, one) => (best === null || one.startMs > best.startMs ? one : best),
    null,
  )
}
