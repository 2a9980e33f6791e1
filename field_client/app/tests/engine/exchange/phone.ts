/** A phone without screens: its own database (fake-indexeddb), vault, store, and a network that can be broken. */
import { IDBFactory } from 'fake-indexeddb'
import { Database } from '../../../src/engine/device/database'
import type { OutboxEntry } from '../../../src/engine/device/outbox'
import { sealedKeyWrite } from '../../../src/engine/device/sealed_key'
import { readStanding, type Standing } from '../../../src/engine/device/standing'
import { Store } from '../../../src/engine/device/store'
import { browserTimes, readTimes } from '../../../src/engine/device/times'
import { newDataKey, Vault } from '../../../src/engine/device/vault'
import { enrolFirst, takeEnrolment } from '../../../src/engine/exchange/enrol'
import { type About, Exchange } from '../../../src/engine/exchange/exchange'
import { SyncLoop } from '../../../src/engine/exchange/sync_loop'
import { type SyncReport, SyncRun } from '../../../src/engine/exchange/sync_run'
import { Transport } from '../../../src/engine/exchange/transport'
import { clockText, nextReading, parseClock } from '../../../src/engine/sync/clock'
import { uuid7 } from '../../../src/engine/sync/ids'
import { exactText, type Operation } from '../../../src/engine/sync/operation'
import type { Fields } from '../../../src/engine/field_values'
import type { SyncProgress } from '../../../src/engine/api'
import type { Account } from './demo_server'

/** What the network does with a call: its path and body as text (not if it is compressed). */
export type Fault = (path: string, go: () => Promise<Response>) => Promise<Response>
const noFault: Fault = (_, go) => go()

const ABOUT: About = {
  appVersion: 'test',
  pendingFiles: () => 0,
  storageLeftBytes: () => Promise.resolve(1e9),
}

/** As the lock of the server has it; no lease here. */
function unlessLocked({ values }: Store): boolean {
  return values.get('orders') !== 'lock'
}

export class Phone {
  fault: Fault = noFault
  readonly steps: SyncProgress[] = []
  readonly times = browserTimes()
  readonly exchange: Exchange

  private constructor(
    readonly store: Store,
    readonly transport: Transport,
    network: { phone: Phone | null },
  ) {
    network.phone = this
    this.exchange = new Exchange({
      store,
      transport,
      times: this.times,
      about: ABOUT,
      step: (progress) => this.steps.push(progress),
      pause: () => Promise.resolve(),
    })
  }

  /** A phone that has enrolled, with its vault, as after the PIN was chosen. */
  static async enrolled(url: string, account: Account): Promise<Phone> {
    const network: { phone: Phone | null } = { phone: null }
    const transport = transportOf(url, network)
    const { database, vault } = await emptyDisk()
    const enrolment = await enrolFirst(database, transport, account, '测试手机', 'test')
    const store = await Store.open(database, vault, undefined, unlessLocked)
    const sealed = await sealedKeyWrite(vault, enrolment.identity)
    await store.write((edit) => {
      takeEnrolment(edit, enrolment)
      edit.beside.push(sealed)
    })
    return new Phone(store, transport, network)
  }

  /** What it may say while it is closed. */
  standing(): Promise<Standing | null> {
    return readStanding(this.store.database)
  }

  /** Another phone with all that this one has: what restoring a backup onto a second phone makes. */
  async cloned(): Promise<Phone> {
    const network: { phone: Phone | null } = { phone: null }
    const { database, vault } = await emptyDisk()
    const store = await Store.open(database, vault, undefined, unlessLocked)
    await store.write((edit) => {
      for (const name of ['identity', 'scope', 'anchor', 'clock'] as const) {
        edit.values.set(name, this.store.values.get(name))
      }
    })
    return new Phone(store, transportOf(this.transport.server, network), network)
  }

  get identity() {
    return this.exchange.identity
  }

  get village(): string {
    return this.exchange.scope.villages[0]?.village ?? ''
  }

  /** The grids in its scope. */
  get grids(): string[] {
    return this.exchange.scope.villages.flatMap((of) => of.grids)
  }

  /** Its syncing by itself, seen on the screen. */
  loop({ online }: { online: boolean }): SyncLoop {
    const { store, transport, times } = this
    const options = {
      store,
      transport,
      times,
      about: ABOUT,
      trouble: () => 0,
      unreadable: () => 0,
      changed: () => undefined,
    }
    return new SyncLoop({ ...options, online, visible: true })
  }

  sync(): Promise<SyncReport> {
    return new SyncRun(this.exchange).run()
  }

  /** Capture a task for this worker: an operation as the exchange needs it. `spoilt` writes other bytes in its place. */
  capture(
    title: string,
    more: { kind?: string; fields?: Fields; spoilt?: (exact: string) => string } = {},
  ): Promise<OutboxEntry> {
    return this.store.write((edit) => {
      const reading = readTimes(this.times, edit.values.get('anchor'))
      const last = parseClock(edit.values.get('clock') ?? '1970-01-01T00:00:00.000Z/0000')
      const clock = clockText(nextReading(last, reading.correctedMs))
      const chain = edit.outbox.chain()
      const id = uuid7(reading.correctedMs, this.times.random(10))
      const operation: Operation = {
        id,
        format: 1,
        counter: chain.counter + 1,
        previous: chain.digest,
        clock,
        offset_ms: reading.offsetMs,
        kind: more.kind ?? 'task',
        record: id,
        village: this.village,
        action: 'create',
        fields: more.fields ?? { title, holder: this.identity.worker.id },
      }
      edit.values.set('clock', clock)
      const exact = exactText(operation)
      return edit.outbox.append(more.spoilt?.(exact) ?? exact, operation, reading.correctedMs)
    })
  }

  /** What became of each operation, in order. */
  states(): string[] {
    return this.store.outbox
      .entries()
      .map((entry) => (entry.acknowledgedMs === null ? 'waiting' : (entry.outcome ?? '')))
  }

  titles(): string[] {
    return this.store.copy
      .ofKind('task')
      .map((record) => String(record.values['title']))
      .sort()
  }
}

function transportOf(url: string, network: { phone: Phone | null }): Transport {
  const broken: typeof fetch = (input, init) => {
    const path = new URL(String(input)).pathname.replace('/sync/v1', '')
    const go = (): Promise<Response> => fetch(input, init)
    return (network.phone?.fault ?? noFault)(path, go)
  }
  return new Transport(url, browserTimes(), { fetch: broken })
}

async function emptyDisk(): Promise<{ database: Database; vault: Vault }> {
  globalThis.indexedDB = new IDBFactory()
  const database = await Database.open(crypto.randomUUID(), () => undefined)
  return { database, vault: await Vault.under(newDataKey()) }
}
