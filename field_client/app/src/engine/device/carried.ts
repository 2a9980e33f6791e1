/**
 * Rescue files of colleagues on this phone (store `carried`, by SHA-256): sealed under keys that nobody here has. Each is
 * kept until the server took it in and 30 days more, so that a server which is restored gets it again.
 */
import type { CarriedFile, HandedIn } from '../api/rescue'
import { FieldError } from '../errors'
import { momentMs } from '../sync/clock'
import { checkedRescue, RescueUnreadable, streamedDigest } from '../sync/rescue'
import type { Database, Write } from './database'
import { KEPT_MS } from './outbox_edit'

/** As it is kept: in the clear only what the file says of itself. */
export interface CarriedRow {
  blob: Blob
  device: string
  madeAtMs: number
  takenMs: number
  unsent: number
  /** What came of it, and in which epoch of the server. */
  handed: { epoch: string; result: HandedIn } | null
  refusal: { zh: string; en: string } | null
}

/** No rescue file, or one that was cut or altered on its way. */
export class RescueFileRefused extends FieldError {
  constructor(cause: unknown) {
    super(
      '这不是完整的救援文件',
      'this is no whole rescue file',
      '请让同事重新生成一次，再传给你',
      'ask the colleague to make it once more',
      { cause },
    )
  }
}

/** Keep a colleague's file; one that is here already stays as it is. RescueFileRefused, StorageFull. */
export async function carry(database: Database, file: Blob, nowMs: number): Promise<CarriedFile> {
  const header = await checkedRescue(file).catch((error: unknown) => {
    throw error instanceof RescueUnreadable ? new RescueFileRefused(error) : error
  })
  const id = await streamedDigest(file)
  const present = await rowOf(database, id)
  if (present !== null) return told(id, present)
  const row: CarriedRow = {
    blob: file,
    device: header.device,
    madeAtMs: momentMs(header.made_at),
    takenMs: nowMs,
    unsent: header.unsent,
    handed: null,
    refusal: null,
  }
  await database.transact([{ store: 'carried', key: id, value: row }])
  return told(id, row)
}

/** All of them, the latest first. */
export async function carriedFiles(database: Database): Promise<CarriedFile[]> {
  const rows = await carriedRows(database)
  return rows.map(([id, row]) => told(id, row)).sort((one, other) => other.takenMs - one.takenMs)
}

export async function carriedRows(database: Database): Promise<[string, CarriedRow][]> {
  const rows = await database.all('carried')
  return rows.map(([key, row]) => [String(key), row as CarriedRow])
}

/** Give one up; what is returned puts it back. */
export async function dropCarried(database: Database, id: string): Promise<() => Promise<void>> {
  const row = await rowOf(database, id)
  await database.transact([{ store: 'carried', remove: id }])
  return async () => {
    if (row !== null) await database.transact([{ store: 'carried', key: id, value: row }])
  }
}

/** The write that notes what came of one; one that was given up meanwhile stays away. */
export async function noteCarried(
  database: Database,
  id: string,
  change: Partial<CarriedRow>,
): Promise<void> {
  const row = await rowOf(database, id)
  if (row !== null) await database.transact([{ store: 'carried', key: id, value: { ...row, ...change } }])
}

/** The writes that drop what was handed in more than 30 days ago. */
export function carriedOutdated(rows: readonly [string, CarriedRow][], nowMs: number): Write[] {
  return rows
    .filter(([, { handed }]) => handed !== null && handed.result.atMs < nowMs - KEPT_MS)
    .map(([id]) => ({ store: 'carried', remove: id }))
}

async function rowOf(database: Database, id: string): Promise<CarriedRow | null> {
  return ((await database.get('carried', id)) as CarriedRow | undefined) ?? null
}

function told(id: string, row: CarriedRow): CarriedFile {
  const { device, madeAtMs, takenMs, unsent, handed, refusal } = row
  const state = refusal !== null ? 'refused' : handed !== null ? 'handed-in' : 'waiting'
  return {
    id,
    device: device.slice(-8),
    madeAtMs,
    takenMs,
    bytes: row.blob.size,
    unsent,
    state,
    result: handed?.result ?? null,
    refusal,
  }
}
