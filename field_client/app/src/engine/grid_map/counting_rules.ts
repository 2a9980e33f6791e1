/**
 * The named counting rules, and the reasons that explain a number; the twin of `grid_map/counting_rules.py`, whose
 * words come with `data/counting_rules.json`.
 */
import data from '../data/counting_rules.json'
import type { Label } from '../problem'
import type { Day } from '../days'

export type RuleKey = keyof typeof data.rules
export type ReasonCode = keyof typeof data.reasons

/** A named way to count. Every number shown names its rule. */
export interface CountingRule {
  key: RuleKey
  text: Label
}

/** Why something counts or does not: a stable code and a sentence for people. */
export interface Reason {
  code: ReasonCode
  text: Label
}

/** One visit or round beside a number; for a round, `visits` are those at a household's door. */
export interface Explained {
  id: string
  day: Day
  counted: boolean
  reason: Reason
  worker: string | null
  visits: readonly string[]
}

/** A number with its rule and everything that explains it, in order of time; `number` = those counted. */
export interface Count {
  rule: CountingRule
  number: number
  explained: readonly Explained[]
}

const reason = (code: ReasonCode): Reason => ({ code, text: data.reasons[code] })
const rule = (key: RuleKey): CountingRule => ({ key, text: data.rules[key] })

export const HOUSEHOLD_DAY = rule('household.day')
export const ROUND_ATTEMPTED = rule('round.attempted')
export const WORKER_HOUSEHOLD_DAY = rule('household.day.worker')

export const COUNTED = reason('counted')
export const ACCOMPANIED = reason('accompanied')
export const VOIDED = reason('voided')
export const NO_HOUSEHOLD = reason('no-household')
export const SAME_DAY = reason('same-day')
export const NO_ATTEMPT = reason('no-attempt')
export const SAME_OUTING = reason('same-outing')
export const ROUND_UNKNOWN = reason('round-unknown')
export const NOT_COVERED_BY_OUTCOME = {
  not_home: reason('not-home'),
  phone: reason('phone'),
  service_point: reason('service-point'),
  seen: reason('seen-only'),
}

export function countOf(by: CountingRule, explained: readonly Explained[]): Count {
  return { rule: by, number: explained.filter((one) => one.counted).length, explained }
}
