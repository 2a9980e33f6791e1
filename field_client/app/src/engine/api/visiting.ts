/** Rounds and household visits. */
import type { Fields } from '../field_values'
import type { FlatAnswers } from '../forms/definition'
import type { Label } from '../problem'
import type { FieldRecord } from '../sync/record'
import type { Captured } from './view'

export type VisitOutcome = 'met' | 'not_home' | 'phone' | 'service_point' | 'seen'
export type Disposition = 'on_the_spot' | 'taken_along' | 'reported'
export type FindingType = 'dispute' | 'request' | 'suggestion' | 'security' | 'fire' | 'environment' | 'other'

export interface Finding {
  id: string
  /** Nobody's guess: null until it is chosen. */
  type: FindingType | null
  text: string
  disposition: Disposition | null
}

/** A visit in progress; it survives everything, and becomes an operation when it is finished. */
export interface VisitDraft {
  id: string
  household: string | null
  place: string | null
  grid: string | null
  started_at: string
  /** Set where it is written up later (补记): when it occurred. */
  occurred_at: string | null
  ended_at: string | null
  outcome: VisitOutcome
  met: string[]
  companions: string[]
  purposes: string[]
  findings: Finding[]
  disposition: Disposition | null
  note: string
  /** A visit item whose form is filled inside the visit. */
  item: string | null
  answers: FlatAnswers
  /** Cases captured during this visit. */
  cases: string[]
  location: Fields | null
  signature: string | null
  /** Photos, by their digests; drafts of an earlier version have none. */
  photos?: string[]
  /** A follow-up that becomes a task with the visit. */
  follow_up: { title: string; due: string | null } | null
}

export interface Visits {
  /** The worker's open round; by itself closed 3 hours after its last visit. */
  openRound(): { record: FieldRecord; visits: number; startedAt: string; grid: string } | null
  startRound(grid?: string): Promise<Captured>
  finishRound(note?: string): Promise<Captured>
  /** For undo: the round is open again, as if it had not been finished. */
  reopenRound(round: string): Promise<Captured>
  /** Start (or take up again) a visit: kept at once. The most likely resident met is preselected. */
  start(where: { household?: string; place?: string; grid?: string; item?: string }): Promise<VisitDraft>
  /** 补记: a visit that occurred before. */
  writeUp(
    where: { household?: string; place?: string; grid?: string },
    occurredAt: string,
  ): Promise<VisitDraft>
  /** Visits in progress, the latest first. */
  open(): VisitDraft[]
  /** Keep what was typed so far. */
  keep(draft: VisitDraft): Promise<void>
  /** The visit becomes an operation (and its follow-up a task). Refused tells every problem. */
  finish(draft: VisitDraft): Promise<Captured>
  /** Put it aside; `restore` brings it back while it is offered. */
  discard(draft: VisitDraft): Promise<void>
  /** Correct one's own visit while its month is open. */
  amend(visit: string, fields: Fields): Promise<Captured>
  /** Take back one's own visit, and the follow-up task that came with it (cancelled). */
  void(visit: string, reason: string): Promise<Captured>
  /** 未遇 offers it: a task for the same household. */
  remind(household: string, day: string): Promise<Captured>
  readonly purposes: { key: string; label: Label }[]
}
