/** Everything that is there while the phone is open, over one store: put together here, and nowhere else. */
import type { Cases, Change, DayLog, Figures, GridMap, Households, Reading, Settling, Visits } from '../api'
import { Locked, type FieldError } from '../errors'
import { SyncLoop } from '../exchange/sync_loop'
import { Transport } from '../exchange/transport'
import { Uploads } from '../exchange/uploads'
import { Capture } from './capture'
import { DeviceCases } from './cases'
import { correctedNow, DeviceCore } from './device_core'
import { DeviceFiles } from './device_files'
import { DraftStore } from './drafts'
import { fieldwork } from './fieldwork'
import { FileStore } from './files'
import { DeviceHistory } from './history'
import { DeviceSettling } from './settling'
import { latestKnownMs, READING_ENDED, readingOf } from './reading'
import type { Orders } from './standing'
import { storageLeftBytes } from './storage'
import type { Changed, Store } from './store'
import type { Times } from './times'
import { View } from './view'

/** What of the world the phone is opened in. */
export interface Surroundings {
  times: Times
  /** In place of the network, for faults on purpose. */
  fetch?: typeof fetch
  appVersion: string
  online: boolean
  visible: boolean
}

/** Who is told of what happens on an open phone. */
export interface Heard {
  changed: (change: Change) => void
  /** The server's orders, as a sync was told them. */
  ordered: (orders: Orders) => void
}

const IDLE_MS = 2000
/** How often it is looked whether what is here may still be read, and the time is noted. */
const LOOK_MS = 60_000
const NOTE_MS = 30 * 60_000

export class OpenPhone {
  readonly core: DeviceCore
  readonly households: Households
  readonly visits: Visits
  readonly figures: Figures
  readonly dayLog: DayLog
  readonly map: GridMap
  readonly cases: Cases
  readonly settling: Settling
  readonly history: DeviceHistory
  readonly sync: SyncLoop
  readonly files: DeviceFiles
  private readonly uploads: Uploads
  private readonly looking: ReturnType<typeof setInterval>
  private lastCounter: number
  private idle: ReturnType<typeof setTimeout>
  private heard: Heard | null

  private constructor(
    readonly store: Store,
    readonly view: View,
    readonly drafts: DraftStore,
    private readonly kept: FileStore,
    around: Surroundings,
    heard: Heard,
  ) {
    const { times } = around
    this.heard = heard
    this.core = new DeviceCore(store, view, drafts, new Capture(store, view, times), times)
    const casework = fieldwork(this.core)
    this.households = casework.households
    this.visits = casework.visits
    this.figures = casework.figures
    this.dayLog = casework.dayLog
    this.map = casework.map
    this.cases = new DeviceCases(this.core)
    this.settling = new DeviceSettling(this.core, store)
    this.history = new DeviceHistory(this.core, store)
    const { fetch } = around
    const transport = new Transport(this.core.identity.server, times, fetch ? { fetch } : {})
    this.uploads = this.uploading(transport, around)
    this.files = new DeviceFiles(store, kept, this.uploads, transport, () => this.heard?.changed('files'))
    this.sync = this.syncing(around)
    this.lastCounter = store.outbox.chain().counter
    this.looking = setInterval(() => this.look(), LOOK_MS)
    this.look()
    // what forms and the searches of items and people need is loaded when the first screen stands
    this.idle = setTimeout(() => this.prepareOnce(), IDLE_MS)
    // after the view's own, so that whoever is told finds it new already
    store.onChange((changed) => this.follow(changed))
  }

  /** Read what else is kept, and begin to sync. StoreDamaged. */
  static async open(store: Store, around: Surroundings, heard: Heard): Promise<OpenPhone> {
    const { database, vault } = store
    let opened: OpenPhone | null = null
    const draftsChanged = (): void => opened?.heard?.changed('drafts')
    const [drafts, kept] = await Promise.all([
      DraftStore.open(database, vault, draftsChanged),
      FileStore.open(store, () => correctedNow(store, around.times)),
    ])
    const view = new View(store, () => correctedNow(store, around.times))
    opened = new OpenPhone(store, view, drafts, kept, around, heard)
    return opened
  }

  /** Tell nobody anything more, and forget the key as soon as what was under way is on the disk. */
  async close(): Promise<void> {
    this.heard = null
    this.sync.stop()
    this.uploads.stop()
    await this.drafts.flush().catch(() => undefined)
    await this.store.settled()
    this.abandon()
  }

  /** Forget everything now; what was under way is refused, with `why`. */
  abandon(why: FieldError = new Locked()): void {
    this.heard = null
    clearTimeout(this.idle)
    clearInterval(this.looking)
    this.sync.stop()
    this.uploads.stop()
    this.store.close(why)
    this.store.vault.lock()
  }

  /** Whether what was downloaded may be read. */
  get reading(): Reading {
    return readingOf(this.store.values, this.view.calendar, this.core.nowMs())
  }

  /** The lease may be over since; and the time is noted, so that a clock set back is seen after the app was closed. */
  private look(): void {
    const { store } = this
    const latestMs = latestKnownMs(store.values, this.core.nowMs())
    if (latestMs - (store.values.get('latest_ms') ?? 0) >= NOTE_MS)
      // on a full disk it is noted later
      store.write((edit) => edit.values.set('latest_ms', latestMs)).catch(() => undefined)
    void store.followReading().catch(() => undefined)
  }

  /** Not during a first download: over a bad line a browser that failed to load a part never loads it in this page. */
  private prepareOnce(): void {
    if (this.sync.standing.ready) void this.prepare()
    else this.idle = setTimeout(() => this.prepareOnce(), IDLE_MS)
  }

  /** What could not be loaded is tried again by whoever needs it. */
  private async prepare(): Promise<void> {
    await this.cases.ready().catch(() => undefined)
    await this.cases.searchReady().catch(() => undefined)
    await this.households.searchReady()
  }

  private syncing({ times, fetch, appVersion, online, visible }: Surroundings): SyncLoop {
    const { store } = this
    return new SyncLoop({
      store,
      transport: new Transport(this.core.identity.server, times, fetch ? { fetch } : {}),
      times,
      about: { appVersion, pendingFiles: () => this.uploads.standing().count, storageLeftBytes },
      trouble: () =>
        this.history.trouble().length +
        this.settling.conflicts(false).length +
        this.uploads.standing().refused,
      unreadable: () => store.outbox.unreadable.size + this.drafts.unreadable,
      changed: () => this.heard?.changed('sync'),
      readingEnded: () => {
        const { why } = this.reading
        return why && READING_ENDED[why]
      },
      ordered: (orders) => this.heard?.ordered(orders),
      synced: () => this.uploads.begin(),
      online,
      visible,
    })
  }

  private uploading(transport: Transport, { fetch }: Surroundings): Uploads {
    const { store, kept } = this
    return new Uploads({
      store,
      files: kept,
      transport,
      ...(fetch ? { fetch } : {}),
      turn: () => this.sync.idle(),
      otherEpoch: () => void this.sync.now().catch(() => undefined),
      tidy: async () => kept.tidy(await storageLeftBytes(), (digest) => this.drafts.mentions(digest)),
      changed: (what) => this.heard?.changed(what),
    })
  }

  private follow(changed: Changed): void {
    const { counter } = this.store.outbox.chain()
    if (counter > this.lastCounter) this.sync.captured()
    this.lastCounter = counter
    for (const gone of [changed.erased, changed.left]) if (gone.size > 0) this.drafts.forgetAbout(gone)
    // what cannot be looked at now is looked at when the phone is opened again
    this.kept.follow(changed).catch(() => undefined)
    if (changed.values.has('orders')) void this.store.followReading().catch(() => undefined)
    if (changed.outbox || changed.records.size || changed.values.has('scope')) this.heard?.changed('view')
    this.heard?.changed('sync')
  }
}
