/** The worker's own days and figures. */
import type { Label } from '../problem'

export interface DayLog {
  /** A day as lines of text, made of what was captured. `wording` is the worker's own correction, kept here. */
  of(day: string): { day: string; text: string; wording: string | null; visits: number; cases: number }
  /** Keep a wording; null goes back to the made one. */
  correct(day: string, wording: string | null): Promise<void>
  /** Days that hold anything, the latest first. */
  days(limit?: number): string[]
}

export interface Figure {
  key: string
  label: Label
  number: number | null
  /** Of how many, where that can be said. */
  of?: number | null
  note?: Label
  /** 怎么算的: the rule by name and in words, and the records that it counted or left out. */
  rule: { key: string; text: Label }
  explained: { record: string; day: string; counted: boolean; reason: Label; title: string }[]
}

export interface Figures {
  /** Rounds of this year and their pace, household visits of this month, due and overdue households; mine only. */
  mine(): Figure[]
  today(): { rounds: number; households: number; cases: number }
}
