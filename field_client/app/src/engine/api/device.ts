/** The device: its phases, its PIN, and what it is made of. */
import type { Label } from '../problem'
import type { Cases } from './casework'
import type { Drafts, Files, GridMap, StorageInfo } from './keeping'
import type { DayLog, Figures } from './own_days'
import type { Households } from './people'
import type { Carried, Rescue } from './rescue'
import type { History, Settling } from './settling'
import type { Sync } from './syncing'
import type { View } from './view'
import type { Visits } from './visiting'

/**
 * opening → unsupported | elsewhere | new | locked | locked-out | wiped; new → choosing-pin (enrolled, the vault is not
 * made) → open; locked → open, or after five wrong PINs → locked-out → open (by account or code); open → locked.
 * locked, locked-out, open → wiped (the server ordered it) → new, when what waited was handed over.
 * `elsewhere`: another tab of this browser has the database.
 */
export type Phase =
  | 'opening'
  | 'unsupported'
  | 'elsewhere'
  | 'new'
  | 'choosing-pin'
  | 'locked'
  | 'locked-out'
  | 'wiped'
  | 'open'
  | 'damaged'

/** What changed, for listeners: the phase, what is shown (copy or outbox), how syncing stands, drafts, kept files. */
export type Change = 'phase' | 'view' | 'sync' | 'drafts' | 'files'

export interface Identity {
  server: string
  device: string
  device_name: string
  worker: { id: string; name: string; role: string; division: string }
}

/** Whether what was downloaded may be read; capturing and handing over go on in any case. */
export interface Reading {
  allowed: boolean
  /** Ended by the server's order, or because the lease without contact is over; null where it may be read. */
  why: 'locked' | 'lease' | null
  lease: {
    /** Working days since the last contact, by the calendar; null before the first. */
    days: number | null
    /** After how many of them reading ends. */
    max: number
    /** Working days that are left, today not counted: 0 on the last one, negative when it is over; null before a contact. */
    left: number | null
    /** Counted across a year whose holidays are not published. */
    tentative: boolean
  }
  /** It will end soon: the last working day, or the one before it. */
  warns: boolean
}

/** What a phone may say of itself while its vault is closed. */
export interface ClosedStanding {
  /** The end of its id, by which the village tells phones apart. */
  device: string
  /** Operations and files that the server is not known to have. */
  unsent: number
  unsentFiles: number
  /** When the server took all of it in without the vault being opened; null where it did not. */
  handedMs: number | null
  /** Server time of the last contact; null before the first. */
  contactMs: number | null
  /** The server ended reading. */
  locked: boolean
  /** When it was wiped; null where it was not. */
  wipedMs: number | null
  /** Wiped, and what was left is handed over: nothing is here any more. */
  done: boolean
}

export interface Device {
  readonly phase: Phase
  /** Grows with each change of what is shown; a key for caches. */
  readonly version: number
  /** Missing abilities of this browser, named for people; empty where all is there. */
  readonly missing: readonly Label[]
  /** Null unless the phase is `choosing-pin` or `open`. */
  readonly identity: Identity | null
  subscribe(listener: (change: Change) => void): () => void

  /** Where another tab has the database: take it over from there. */
  takeOver(): Promise<void>
  /** Account once, online. Fulfilled in phase `choosing-pin`. */
  enrol(username: string, password: string, deviceName: string): Promise<void>
  /** The PIN's first choice (6 to 12 digits; Refused tells why not: too short, all the same, in a row). → `open` */
  choosePin(pin: string): Promise<void>
  /** A new PIN for one that is known. WrongPin. */
  changePin(present: string, next: string): Promise<void>
  /** WrongPin where it is not this one; `triesLeft` falls with each. → `open`, everything in memory. */
  unlock(pin: string): Promise<void>
  /** A PIN that is forgotten, or ended: the account opens the data key, online. → `open` under the new PIN, nothing lost. */
  unlockByAccount(username: string, password: string, nextPin: string): Promise<void>
  /** Whether a code of the window opens this phone, as it was typed: Refused where it is not whole, WrongCode. Offline. */
  tryCode(code: string): Promise<void>
  /** The window's code opens the data key, offline. → `open` under the new PIN; the code ends. Refused, WrongCode. */
  unlockByCode(code: string, nextPin: string): Promise<void>
  /** Whether what was downloaded may be read now; told as a change of `view` and `sync` when it changes. Locked. */
  readonly reading: Reading
  /** In `locked`, `locked-out` and `wiped`: what may be said; else null. */
  readonly closed: ClosedStanding | null
  /** `wiped`, `closed.done`, and the worker has read it. → `new` */
  wipeSeen(): void
  /** Forget the key and everything read. → `locked` */
  lock(): void

  readonly sync: Sync
  readonly view: View
  readonly households: Households
  readonly visits: Visits
  readonly cases: Cases
  readonly settling: Settling
  readonly dayLog: DayLog
  readonly figures: Figures
  readonly map: GridMap
  readonly history: History
  readonly drafts: Drafts
  readonly files: Files
  readonly storage: StorageInfo
  /** In every phase that has a database, also while the vault is closed. Locked where there is none. */
  readonly rescue: Rescue
  readonly carried: Carried
  /** Where the phase is `damaged`: remove all that lies here but colleagues' files. → `new` */
  startAnew(): Promise<void>

  /** Corrected time. */
  nowMs(): number
  today(): string
}
