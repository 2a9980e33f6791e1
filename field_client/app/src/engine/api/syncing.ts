/** How syncing stands. */
import type { Label } from '../problem'

export interface SyncProgress {
  step: 'push' | 'status' | 'segments' | 'changes' | 'store'
  done: number
  total: number
  /** Bytes of a first sync, told before it is fetched. */
  bytesDone?: number
  bytesTotal?: number
}

export interface SyncStanding {
  /** Something is under way at this moment. */
  running: boolean
  online: boolean
  /** Operations not handed over, and those that a person has to settle here (rejected, held for the worker, conflicts). */
  waiting: number
  trouble: number
  /** Drafts and entries of the settled history that this phone cannot read any more; all else goes on without them. */
  unreadable: number
  /** Photos and signatures that operations name and the server has not yet; refused ones are counted as trouble. */
  waitingFiles: number
  /** The server's last receipt could not be checked, and was not kept. */
  receiptTrouble: boolean
  oldestWaitingMs: number | null
  /** When everything was last handed over and followed to its end. */
  syncedMs: number | null
  /** When the server was last reached. */
  contactMs: number | null
  /** What the last attempt ended with, in the worker's words; null after one that went well. */
  failure: { zh: string; en: string; next: string; nextEn: string; code: string | null } | null
  nextTryMs: number | null
  progress: SyncProgress | null
  /** An account is needed to go on (the server does not know this phone's token any more). */
  needsAccount: boolean
  /** The server ended reading for this device (revoked, locked). Capturing and handing over go on. */
  readingEnded: Label | null
  /** The first sync of this device was finished. */
  ready: boolean
}

export interface Sync {
  readonly standing: SyncStanding
  /** Sync now (also begun by itself: after a capture, on `online`, on a hint of the server, every few minutes). */
  now(): Promise<void>
  /** Where `needsAccount`: enrol anew with the account; everything kept is carried over under its ids. */
  again(username: string, password: string): Promise<void>
}
