/** Handing work over without this phone's own sync: as a file, as QR codes, for a colleague (docs/protocol.md, Rescue). */
import type { Label } from '../problem'

/** What a rescue file of this phone would hold. */
export interface RescueAbout {
  /** The end of the phone's id, by which the village tells phones apart. */
  device: string
  /** Operations that the server is not known to have, and files that it has not. */
  unsent: number
  files: number
  /** Whether a file can be made here: the phone has enrolled, and its keys are there. */
  possible: boolean
}

/** A file that was made: for sharing. Only the server can open it. */
export interface MadeRescueFile {
  blob: Blob
  /** Names nobody. */
  name: string
  unsent: number
  operations: number
  files: number
  filesLeftOut: number
}

/** What a handed-in file brought the server. */
export interface HandedIn {
  /** When the server took it, Unix milliseconds. */
  atMs: number
  /** Operations that were new there, and those that it had already. */
  fresh: number
  known: number
  /** Taken in, but a person looks at them first. */
  held: number
  filesFresh: number
  filesKnown: number
  /** Rows that nobody can open any more. */
  unreadable: number
}

export interface Rescue {
  about(): Promise<RescueAbout>
  /** Everything that lies here, sealed. In any phase that has a database. RescueImpossible. */
  file(): Promise<MadeRescueFile>
  /** What is not handed over, as the texts of QR codes; null where that is too much for a chain, or nothing. */
  codes(): Promise<string[] | null>
  /** Make the file and hand it in at once, without a PIN. Unreachable, ServerBusy, CallRefused. */
  handOver(): Promise<HandedIn>
}

/** A colleague's file on this phone. */
export interface CarriedFile {
  /** SHA-256 of the file. */
  id: string
  /** The end of that phone's id. */
  device: string
  madeAtMs: number
  takenMs: number
  bytes: number
  unsent: number
  /** waiting to be handed in; handed in (kept 30 days, for a server that is restored); refused by the server. */
  state: 'waiting' | 'handed-in' | 'refused'
  result: HandedIn | null
  refusal: Label | null
}

/** What somebody scans comes in pieces. */
export interface Scanning {
  /** How many codes there are; 0 before the first. */
  readonly total: number
  missing(): number[]
  /** Take what a scanner read. */
  take(text: string): 'new' | 'known' | 'foreign' | 'other-file'
  /** The file when all of them are there; null before, and where they do not make the file that they name. */
  file(): Blob | null
  clear(): void
}

export interface Carried {
  all(): Promise<CarriedFile[]>
  /** Keep a colleague's file; one that is here already stays as it is. RescueFileRefused where it is none or altered. */
  take(file: Blob): Promise<CarriedFile>
  /** Give one up; what is returned puts it back. */
  drop(id: string): Promise<() => Promise<void>>
  /** Hand in what waits, and what the server refused; how each stands after it. Unreachable, ServerBusy. */
  handIn(): Promise<CarriedFile[]>
  scanning(): Scanning
}
