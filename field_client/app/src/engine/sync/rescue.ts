/**
 * The rescue file, format 1 (docs/protocol.md, Rescue): everything that a device keeps, sealed as it lies there, under one
 * signature. Only the server can open it. Twin of `sync/rescue.py`.
 *
 *     "ALLPOST-RESCUE-1\n"
 *     header   one line of JSON + "\n"
 *     rows     u16 length of place, place (UTF-8), u32 length, sealed bytes; big-endian
 *     end      64 bytes r ‖ s over "allpost-rescue-1\n" + hexadecimal SHA-256 of everything before it
 *
 * A file may be tens of megabytes: it is a Blob, made of parts and read as a stream.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { pointKey, SIGNATURE_BYTES, signatureHolds, signed } from './signature'

type Bytes = Uint8Array<ArrayBuffer>

const MAGIC = 'ALLPOST-RESCUE-1\n'
const SIGNED = 'allpost-rescue-1\n'
const HEADER_BYTES_MAX = 16 * 1024
const LINE_FEED = 10
const encoder = new TextEncoder()

/** What a file says of itself in the clear: nothing personal. `worker` is empty where the vault was locked. */
export interface RescueHeader {
  format: 1
  device: string
  worker: string
  made_at: string
  epoch: string
  cipher: string
  sealing_key: string
  /** Base64: device id and data key, sealed to the server. */
  sealed_data_key: string
  /** Base64 of the device's signing point. */
  signing_key: string
  rows: number
  unsent: number
}

/** Cut, altered, or no rescue file at all. */
export class RescueUnreadable extends Error {}

/** Magic and header. Members in the order of the format. */
export function rescueHead(header: RescueHeader): Bytes {
  const ordered: RescueHeader = {
    format: header.format,
    device: header.device,
    worker: header.worker,
    made_at: header.made_at,
    epoch: header.epoch,
    cipher: header.cipher,
    sealing_key: header.sealing_key,
    sealed_data_key: header.sealed_data_key,
    signing_key: header.signing_key,
    rows: header.rows,
    unsent: header.unsent,
  }
  return encoder.encode(`${MAGIC}${JSON.stringify(ordered)}\n`)
}

/** What stands before a row's sealed bytes. */
export function rowHead(place: string, length: number): Bytes {
  const name = encoder.encode(place)
  const head = new Uint8Array(2 + name.length + 4)
  const view = new DataView(head.buffer)
  view.setUint16(0, name.length)
  head.set(name, 2)
  view.setUint32(2 + name.length, length)
  return head
}

/** The whole file: what was made of head and rows, and the signature over it. */
export async function signedRescue(unsigned: Blob, signingKey: CryptoKey): Promise<Blob> {
  const message = encoder.encode(SIGNED + (await streamedDigest(unsigned)))
  return new Blob([unsigned, await signed(signingKey, message)], { type: 'application/octet-stream' })
}

/** What a file says of itself, if it is whole and signed by the key that it names. RescueUnreadable. */
export async function checkedRescue(file: Blob): Promise<RescueHeader> {
  const header = await readHeader(file)
  const end = file.size - SIGNATURE_BYTES
  const signature = new Uint8Array(await file.slice(end).arrayBuffer())
  const message = encoder.encode(SIGNED + (await streamedDigest(file.slice(0, end))))
  const key = await pointKey(header.signing_key)
  if (key === null || !(await signatureHolds(key, signature, message)))
    throw new RescueUnreadable('the signature does not hold')
  return header
}

/** SHA-256 of a Blob that is never wholly in memory, in hexadecimal. */
export async function streamedDigest(blob: Blob): Promise<string> {
  const hash = sha256.create()
  const reader = blob.stream().getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return bytesToHex(hash.digest())
    hash.update(value)
  }
}

async function readHeader(file: Blob): Promise<RescueHeader> {
  const begin = new Uint8Array(await file.slice(0, MAGIC.length + HEADER_BYTES_MAX).arrayBuffer())
  const end = begin.indexOf(LINE_FEED, MAGIC.length)
  const magic = new TextDecoder().decode(begin.subarray(0, MAGIC.length))
  if (magic !== MAGIC || end < 0 || file.size < end + 1 + SIGNATURE_BYTES)
    throw new RescueUnreadable('no rescue file')
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder().decode(begin.subarray(MAGIC.length, end)))
  } catch (error) {
    throw new RescueUnreadable('no header', { cause: error })
  }
  if (!isHeader(header)) throw new RescueUnreadable('no header of format 1')
  return header
}

const TEXTS = [
  'device',
  'worker',
  'made_at',
  'epoch',
  'cipher',
  'sealing_key',
  'sealed_data_key',
  'signing_key',
]

function isHeader(value: unknown): value is RescueHeader {
  if (typeof value !== 'object' || value === null) return false
  const members = value as Record<string, unknown>
  return (
    members['format'] === 1 &&
    TEXTS.every((name) => typeof members[name] === 'string') &&
    ['rows', 'unsent'].every((name) => Number.isInteger(members[name]))
  )
}
