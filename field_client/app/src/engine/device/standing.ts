/**
 * What a phone may say of itself while its vault is closed: in `meta`, in the clear, nothing personal. A locked, locked-out
 * or wiped phone asks for its orders by it, and knows what it has to hand over.
 *
 * Invariant: it is written in the same transaction as what it tells of (`standingOf` in the writes of the store,
 * `filesUnsent` in those of the files), so that it is never behind the disk.
 */
import { AES_256_GCM, type CipherName } from './cipher'
import type { Database, Write } from './database'
import type { ServerKey } from './identity'
import type { OutboxReader } from './outbox'
import type { ValuesReader } from './values'

/** The server's orders: nothing, reading stops (`lock`), everything but what was not handed over goes (`wipe`). */
export type Orders = 'none' | 'lock' | 'wipe'

/** Not acknowledged: the first such counter (the next one to be captured where nothing waits), and how many. */
export interface Unsent {
  counter: number
  operations: number
  files: number
}

/** Server time, and the server's epoch then: one that was restored since may have lost it. */
export interface Handed {
  at_ms: number
  epoch: string
}

export interface Standing {
  /** The id under which the server knows this phone. */
  device: string
  /** The server's address; '' is where the page came from. */
  server: string
  epoch: string
  /** By which cipher its rows are sealed: the box that says it goes with a PIN that ended. */
  cipher: CipherName
  /** The id of the server's key to which the data key is sealed. */
  sealing_key: string
  /** The server's public signing keys, as far as they were told; the newest last. */
  signing: ServerKey[]
  unsent: Unsent
  /** When the server took all of it in as a rescue file; absent where it did not, or something of it changed since. */
  handed?: Handed | undefined
  /** The greatest rescue file that the server takes; absent where it was not told. */
  rescue_bytes?: number | undefined
  /** Server time of the last contact; null before the first. */
  last_contact_ms: number | null
  /** How far the phone's clock was off (phone minus server) at the last exchange. */
  clock_offset_ms: number
  orders: Orders
}

const STANDING = 'standing'

/** What is known; null before the first enrolment. */
export async function readStanding(database: Pick<Database, 'get'>): Promise<Standing | null> {
  return ((await database.get('meta', STANDING)) as Standing | undefined) ?? null
}

/** The write that changes parts of it while the vault is closed; members left out stay. */
export function standingUpdate(change: Partial<Standing>): Write {
  return changed((present) => ({ ...present, ...change }))
}

/** The write that tells how many files wait; part of every write that keeps, hands over or removes one. */
export function filesUnsent(files: number): Write {
  return changed((present) => ({
    ...present,
    unsent: { ...present.unsent, files },
    handed: undefined,
  }))
}

/** The write that tells that a rescue file of what waited was taken in, unless something else waits by now. */
export function handedWrite(of: Unsent, handed: Handed): Write {
  return changed((present) => {
    const { counter, operations, files } = present.unsent
    const same = counter === of.counter && operations === of.operations && files === of.files
    return same ? { ...present, handed } : present
  })
}

/** What the standing says of values and outbox, as they will be; part of every write of the store that changes them. */
export function standingOf(values: ValuesReader, outbox: OutboxReader, cipher: CipherName): Write {
  const identity = values.get('identity')
  const operations = outbox.waitingCount()
  const counter = outbox.waiting(1).at(0)?.counter ?? outbox.chain().counter + 1
  return changed((present) => ({
    ...present,
    cipher,
    ...(identity && {
      device: identity.device,
      server: identity.server,
      epoch: identity.epoch,
      sealing_key: identity.sealing.id,
      signing: withKey(present.signing, identity.signing),
      rescue_bytes: identity.limits.rescue_bytes,
    }),
    unsent: { ...present.unsent, counter, operations },
    handed: undefined,
    last_contact_ms: values.get('last_contact_ms') ?? present.last_contact_ms,
    clock_offset_ms: values.get('anchor')?.offsetMs ?? present.clock_offset_ms,
    orders: values.get('orders') ?? present.orders,
  }))
}

/** Values of which the standing tells. */
export const OF_STANDING: readonly string[] = ['identity', 'anchor', 'last_contact_ms', 'orders']

/** Keys that were told, and one more: the newest last. */
function withKey(known: readonly ServerKey[], newest: ServerKey): ServerKey[] {
  return [...known.filter((key) => key.id !== newest.id), newest]
}

function changed(change: (present: Standing) => Standing): Write {
  return {
    store: 'meta',
    key: STANDING,
    update: (present) => change((present as Standing | undefined) ?? unknown()),
  }
}

/** Before the first enrolment. */
function unknown(): Standing {
  return {
    device: '',
    server: '',
    epoch: '',
    cipher: AES_256_GCM,
    sealing_key: '',
    signing: [],
    unsent: { counter: 1, operations: 0, files: 0 },
    last_contact_ms: null,
    clock_offset_ms: 0,
    orders: 'none',
  }
}
