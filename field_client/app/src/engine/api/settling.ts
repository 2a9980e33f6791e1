/** What a person settles, and what this phone captured. */
import type { Fields, Value } from '../field_values'
import type { Label, Problem } from '../problem'
import type { FieldRecord } from '../sync/record'
import type { Captured } from './view'

export interface ConflictCard {
  record: FieldRecord
  subject: FieldRecord | undefined
  field: string
  label: Label
  before: string
  choices: {
    value: Value
    text: string
    worker: string
    device: string
    atMs: number
    standing: boolean
    mine: boolean
  }[]
  /** `text` is the chosen value in words, also where it is none of the choices; `note` what was said with it. */
  settled: { value: Value; text: string; by: string; mine: boolean; atMs: number; note: string } | null
}

/** One operation of this phone's history. */
export interface Entry {
  counter: number
  id: string
  /** `erased`: its record was erased everywhere; only its place in the chain is left. */
  state:
    'waiting' | 'applied' | 'merged' | 'conflict' | 'held' | 'rejected' | 'mended' | 'given_up' | 'erased'
  kind: string
  action: 'create' | 'change' | 'void'
  record: string
  capturedMs: number
  acknowledgedMs: number | null
  /** In plain words: 入户 沈建国户 未遇 */
  title: Label
  problems: Problem[]
  waitsFor: string | null
  overruled: string[]
  fields: Fields
}

export interface Settling {
  conflicts(settled?: boolean): ConflictCard[]
  /** Conflicts about one's own changes that somebody else settled within a day, the latest first. */
  settledByOthers(): ConflictCard[]
  choose(conflict: string, value: Value): Promise<Captured>
  /** Take a choice of one's own back, while nobody else has acted on it. */
  undo(conflict: string): Promise<Captured>
  duplicates(): FieldRecord[]
  decide(duplicate: string, decision: 'linked' | 'separate', reason?: string): Promise<Captured>
  tasks(all?: boolean): FieldRecord[]
  addTask(fields: Fields): Promise<Captured>
  finishTask(task: string, note?: string): Promise<Captured>
  /** For undo. */
  reopenTask(task: string): Promise<Captured>
  /** Put a rejected operation right and send it again; a field of null leaves it out. */
  mend(operation: string, fields: Fields): Promise<Captured>
  labelOf(kind: string, field: string): Label
  /** A value as people read it (a name for an id, 是/否, 元, the option's label). */
  textOf(kind: string, field: string, value: Value | undefined, record?: FieldRecord): string
}

/** How it is proved that the server has an operation: its signed receipt, checked on this phone just now. */
export interface DeliveryProof {
  /** Server time of the receipt. */
  deliveredMs: number
  /** The counter up to which the receipt proves, and the digest there. */
  counter: number
  digest: string
  /** The operation's own digest, and how many operations lie between it and the receipt's. */
  own: string
  steps: number
  /** The id of the server's signing key. */
  key: string
  signature: string
  device: string
  epoch: string
  /** Whether chain and signature are in order. */
  holds: boolean
}

export interface History {
  waiting(): Entry[]
  trouble(): Entry[]
  /** All that this phone captured and still keeps (30 days after the acknowledgement), the latest first. */
  all(): Promise<Entry[]>
  /** The proof that the server has an operation; null where it waits, or no receipt is kept for it. */
  proof(counter: number): Promise<DeliveryProof | null>
}
