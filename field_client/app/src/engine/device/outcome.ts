/** What became of an operation, as the server tells it (docs/protocol.md, Push). What is absent is empty. */
import type { Problem } from '../problem'

export interface Outcome {
  counter: number
  /** applied, merged, conflict, held or rejected. */
  outcome: string
  revision?: number | null
  conflicts?: string[]
  overruled?: string[]
  problems?: Problem[]
  remarks?: Problem[]
  waits_for?: string | null
  cursor?: number | null
}
