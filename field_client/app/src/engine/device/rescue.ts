/**
 * Making the rescue file of this phone (sync/rescue.ts) from what lies on its disk, sealed as it is: no PIN and no vault
 * are needed, so that a phone that is locked, locked out, wiped or damaged can hand its work over too.
 *
 * Nothing here knows of screens: a service worker may import it. Of the database it only reads.
 */
import { DAY_MS } from '../days'
import { FieldError } from '../errors'
import { moment } from '../sync/clock'
import { rescueHead, rowHead, signedRescue, type RescueHeader } from '../sync/rescue'
import { base64Of } from './base64'
import type { Key, StoreName } from './database'
import { type DeviceKeys, publicPoint } from './identity'

type Bytes = Uint8Array<ArrayBuffer>

/** What making a file needs of a database. */
export interface RowsReader {
  get(store: StoreName, key: Key): Promise<unknown>
  keys(store: StoreName): Promise<Key[]>
}

/** What a file says of the phone; `worker` and `epoch` are empty where they are not known while it is locked. */
export interface RescueSource {
  device: string
  worker: string
  epoch: string
  cipher: string
  /** Id of the server's key to which the data key is sealed. */
  sealingKey: string
  /** The first counter that the server is not known to have. */
  unsentFrom: number
  madeAtMs: number
}

export interface RescueFile {
  blob: Blob
  /** Names nobody: the end of the phone's id and the day. */
  name: string
  /** Operations in it that the server is not known to have, and all of them. */
  unsent: number
  operations: number
  files: number
  /** Digests of the files in it. */
  digests: string[]
  /** Kept files for which there was no room in a file of the greatest size. */
  filesLeftOut: number
}

export interface RescueWishes {
  /** Only what the server is not known to have, without files: what a few QR codes can carry. */
  smallest?: boolean
  /** Without the files that the server is known to have: it is the server itself that gets this one. */
  unsentFiles?: boolean
  /** Digests of files that an earlier one had. */
  without?: ReadonlySet<string>
  bytesMax?: number
}

/** The greatest file that a server takes by default. */
const RESCUE_BYTES_MAX = 256 * 1024 * 1024
/** Rows are gathered into parts of about this size, which the browser may lay aside on its disk. */
const PART_BYTES = 1024 * 1024
const HEAD_ROOM = 64 * 1024

/** Keys, or the key sealed to the server, are gone: nobody could open such a file. */
export class RescueImpossible extends FieldError {
  constructor() {
    super(
      '这台手机还没有可以上交的内容',
      'this phone has nothing that could be handed over',
      '请联系村里的管理员',
      'ask the village’s computer person',
    )
  }
}

/** A file that is larger than all that the server takes at once. */
export class RescueTooLarge extends FieldError {
  constructor() {
    super(
      '有一张照片太大，服务器收不下，还留在手机里',
      'a photo is larger than what the server takes; it stays on the phone',
      '请联系村里的管理员',
      'ask the village’s computer person',
    )
  }
}

/** The file, signed by this phone's key: unsent operations first, then the kept ones, then files. RescueImpossible. */
export async function makeRescueFile(
  database: RowsReader,
  source: RescueSource,
  wishes: RescueWishes = {},
): Promise<RescueFile> {
  const sealed = await database.get('meta', 'sealed_data_key')
  const keys = (await database.get('meta', 'keys')) as DeviceKeys | undefined
  if (!(sealed instanceof Uint8Array) || keys === undefined) throw new RescueImpossible()
  const parts = new Parts((wishes.bytesMax ?? RESCUE_BYTES_MAX) - HEAD_ROOM)
  const { smallest = false } = wishes
  const { unsent, operations } = await addOperations(parts, database, source.unsentFrom, smallest)
  const { digests, leftOut } = await addFiles(parts, database, wishes)
  const header: RescueHeader = {
    format: 1,
    device: source.device,
    worker: source.worker,
    made_at: moment(source.madeAtMs),
    epoch: source.epoch,
    cipher: source.cipher,
    sealing_key: source.sealingKey,
    sealed_data_key: base64Of(sealed),
    signing_key: base64Of(await publicPoint(keys.signing)),
    rows: operations + digests.length,
    unsent,
  }
  const blob = await signedRescue(new Blob([rescueHead(header), ...parts.done()]), keys.signing.privateKey)
  const name = rescueName(source.device, source.madeAtMs)
  return {
    blob,
    name,
    unsent,
    operations,
    files: digests.length,
    digests,
    filesLeftOut: leftOut,
  }
}

/** `allpost-<end of the phone's id>-<day in the village>.allpost` */
function rescueName(device: string, madeAtMs: number): string {
  const day = new Date(madeAtMs + DAY_MS / 3).toISOString().slice(0, 10)
  return `allpost-${device.slice(-8)}-${day}.allpost`
}

async function addOperations(
  parts: Parts,
  database: RowsReader,
  unsentFrom: number,
  smallest: boolean,
): Promise<{ unsent: number; operations: number }> {
  const counters = (await database.keys('outbox')).map(Number)
  const waiting = counters.filter((counter) => counter >= unsentFrom)
  const kept = smallest ? [] : counters.filter((counter) => counter < unsentFrom)
  let [unsent, operations] = [0, 0]
  for (const counter of [...waiting, ...kept]) {
    const row = (await database.get('outbox', counter)) as { open?: unknown; sealed?: unknown } | undefined
    if (!isBytes(row?.sealed)) continue
    const place = `outbox:${counter}:${row.open === false ? 'settled' : 'open'}`
    if (!parts.add(place, row.sealed)) continue
    operations += 1
    if (counter >= unsentFrom) unsent += 1
  }
  return { unsent, operations }
}

interface FileRow {
  sealed?: unknown
  arrivedMs?: number | null
}

async function addFiles(
  parts: Parts,
  database: RowsReader,
  { smallest = false, unsentFiles = false, without }: RescueWishes,
): Promise<{ digests: string[]; leftOut: number }> {
  const digests: string[] = []
  const arrived: Key[] = []
  let leftOut = 0
  const add = async (digest: Key, laterIfArrived: boolean): Promise<void> => {
    // one at a time: photos are large
    const row = (await database.get('files', digest)) as FileRow | undefined
    if (!isBytes(row?.sealed)) return
    if (laterIfArrived && row.arrivedMs != null) arrived.push(digest)
    else if (parts.add(`files:${digest}`, row.sealed)) digests.push(String(digest))
    else leftOut += 1
  }
  const kept = smallest ? [] : await database.keys('files')
  for (const digest of kept) if (!without?.has(String(digest))) await add(digest, true)
  // the server has these: they come last, for a server that is restored
  for (const digest of unsentFiles ? [] : arrived) await add(digest, false)
  return { digests, leftOut }
}

/** Rows, gathered into Blobs so that they are never all in memory at once. */
class Parts {
  private readonly blobs: Blob[] = []
  private pieces: Bytes[] = []
  private gathered = 0
  private total = 0

  constructor(private readonly bytesMax: number) {}

  /** Whether there was room for it. */
  add(place: string, sealed: Bytes): boolean {
    const head = rowHead(place, sealed.length)
    const bytes = head.length + sealed.length
    if (this.total + bytes > this.bytesMax) return false
    this.pieces.push(head, sealed)
    this.gathered += bytes
    this.total += bytes
    if (this.gathered >= PART_BYTES) this.lay()
    return true
  }

  done(): Blob[] {
    this.lay()
    return this.blobs
  }

  private lay(): void {
    if (this.pieces.length > 0) this.blobs.push(new Blob(this.pieces))
    this.pieces = []
    this.gathered = 0
  }
}

function isBytes(value: unknown): value is Bytes {
  return value instanceof Uint8Array && value.buffer instanceof ArrayBuffer
}
