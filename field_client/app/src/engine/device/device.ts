/**
 * The phone as screens see it (api.ts): its phases, and everything that is there while it is open.
 *
 * What changes the phase is done one after the other. Losing the data to another tab comes between at any moment, and
 * ends everything at once.
 */
import type {
  Carried,
  Cases,
  Change,
  ClosedStanding,
  DayLog,
  Device,
  Drafts,
  Figures,
  Files,
  GridMap,
  History,
  Households,
  Identity,
  Phase,
  Reading,
  Rescue,
  Settling,
  StorageInfo,
  Sync,
  View,
  Visits,
} from '../api'
import { ElsewhereOpen, Locked, LockedOut, StoreDamaged } from '../errors'
import { enrolFirst, takeEnrolment, type Enrolment } from '../exchange/enrol'
import { Transport } from '../exchange/transport'
import { dataKeyByAccount } from '../exchange/unlock'
import { countDay } from '../days'
import type { Label } from '../problem'
import { missingAbilities } from './abilities'
import { cipherName } from './cipher'
import { ClosedPhone } from './closed_phone'
import { Database, emptied } from './database'
import type { DataKey } from './key_box'
import { correctedNow } from './device_core'
import { KeptKey } from './kept_key'
import { OpenPhone, type Surroundings } from './open_phone'
import { Ownership } from './ownership'
import { checkPin } from '../pin'
import { CarriedWays, RescueWays, type RescueSurroundings } from './rescue_ways'
import { sealedKey, sealedKeyWrite } from './sealed_key'
import { readingOf } from './reading'
import { Reference } from './reference'
import { readStanding, type Orders } from './standing'
import { storageInfo } from './storage'
import { sealedRows, Store, type SealedRows } from './store'
import { browserTimes, type Times } from './times'
import { newDataKey, Vault } from './vault'
import { wipe, wipedMs, wipeOrdered } from './wipe'

export interface DeviceOptions {
  times?: Times
  /** In place of the network, for faults on purpose. */
  fetch?: typeof fetch
  /** The server's address; where the page came from, if it is left out. */
  server?: string
  appVersion?: string
  visible?: boolean
}

/** Open the database of this browser, as far as that goes: the phase tells. */
export async function openDevice(options: DeviceOptions = {}): Promise<PhoneDevice> {
  const device = new PhoneDevice(options)
  await device.begin()
  return device
}

export class PhoneDevice implements Device {
  phase: Phase = 'opening'
  version = 1
  missing: readonly Label[] = []
  readonly storage: StorageInfo = storageInfo(() => this.opened?.store.copy.counts() ?? {})
  private readonly server: string
  private readonly around: Surroundings
  private readonly listeners = new Set<(change: Change) => void>()
  private ownership: Ownership | null = null
  private database: Database | null = null
  /** One for the life of the database: it counts wrong PINs also where the disk is full. */
  private keptKey: KeptKey | null = null
  private enrolment: Enrolment | null = null
  private closedPhone: ClosedPhone | null = null
  private opened: OpenPhone | null = null
  private turn: Promise<unknown> = Promise.resolve()

  constructor(options: DeviceOptions) {
    this.server = options.server ?? (globalThis as { location?: { origin: string } }).location?.origin ?? ''
    this.around = {
      times: options.times ?? browserTimes(),
      ...(options.fetch ? { fetch: options.fetch } : {}),
      appVersion: options.appVersion ?? '',
      online: (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine ?? true,
      visible: options.visible ?? true,
    }
  }

  get identity(): Identity | null {
    return this.opened?.core.identity ?? this.enrolment?.identity ?? null
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Take the data for this tab if nobody has it, and see how far it is; called once. */
  async begin(): Promise<void> {
    this.missing = missingAbilities()
    if (this.missing.length > 0) return this.enter('unsupported')
    await this.alone(() => this.take(false))
  }

  async takeOver(): Promise<void> {
    await this.alone(async () => {
      if (this.phase === 'elsewhere') await this.take(true)
    })
  }

  async enrol(username: string, password: string, deviceName: string): Promise<void> {
    await this.alone(async () => {
      const database = this.at('new', 'choosing-pin')
      const { appVersion } = this.around
      const account = { username, password }
      this.enrolment = await enrolFirst(database, this.transport(), account, deviceName, appVersion)
      this.enter('choosing-pin')
    })
  }

  async choosePin(pin: string): Promise<void> {
    checkPin(pin)
    await this.alone(async () => {
      const database = this.at('choosing-pin')
      const { enrolment, kept } = this
      if (enrolment === null) throw new Locked()
      const cipher = cipherName(enrolment.identity.limits.cipher)
      const vault = await Vault.under(newDataKey(), cipher)
      const dataKey: DataKey = { bytes: vault.dataKey(), cipher }
      const boxes = [
        ...(await kept.keptUnder(pin, dataKey)),
        ...(await kept.newRecovery(dataKey, enrolment.identity)),
        await sealedKeyWrite(vault, enrolment.identity),
      ]
      dataKey.bytes.fill(0)
      const store = await Store.open(database, vault, undefined, (opened) => this.mayRead(opened))
      await store.write((edit) => {
        takeEnrolment(edit, enrolment)
        edit.beside.push(...boxes)
      })
      await this.openWith(store)
      this.enrolment = null
    })
  }

  async changePin(present: string, next: string): Promise<void> {
    checkPin(next)
    await this.alone(async () => {
      const database = this.at('open')
      const { kept } = this
      const dataKey = await kept.opened(present).catch((error: unknown) => {
        if (error instanceof LockedOut) this.lockOut()
        throw error
      })
      const writes = await kept.keptUnder(next, dataKey)
      dataKey.bytes.fill(0)
      await database.transact(writes)
    })
  }

  async unlock(pin: string): Promise<void> {
    await this.alone(async () => {
      const database = this.at('locked')
      // fetched while the PIN is looked at, which takes its time on purpose
      const rows = sealedRows(database)
      rows.catch(() => undefined)
      const dataKey = await this.kept.opened(pin).catch((error: unknown) => {
        if (error instanceof LockedOut) this.lockOut()
        throw error
      })
      await this.openWith(await this.read(database, dataKey, rows))
    })
  }

  async unlockByAccount(username: string, password: string, nextPin: string): Promise<void> {
    checkPin(nextPin)
    await this.alone(async () => {
      const database = this.at('locked', 'locked-out')
      const sealed = await sealedKey(database)
      if (sealed === null) throw new StoreDamaged(new Error('no data key was sealed to the server'))
      const bytes = await dataKeyByAccount(this.transport(), { username, password }, sealed)
      const cipher = (await readStanding(database))?.cipher
      await this.openAnew(database, { bytes, cipher: cipherName(cipher) }, nextPin)
    })
  }

  async tryCode(code: string): Promise<void> {
    this.at('locked', 'locked-out')
    const dataKey = await this.kept.openedByCode(code)
    dataKey.bytes.fill(0)
  }

  async unlockByCode(code: string, nextPin: string): Promise<void> {
    checkPin(nextPin)
    await this.alone(async () => {
      const database = this.at('locked', 'locked-out')
      await this.openAnew(database, await this.kept.openedByCode(code), nextPin)
    })
  }

  get reading(): Reading {
    return this.open.reading
  }

  get closed(): ClosedStanding | null {
    return this.closedPhone?.standing ?? null
  }

  wipeSeen(): void {
    if (this.phase !== 'wiped' || !this.closed?.done) return
    this.closedPhone = null
    this.enter('new')
  }

  lock(): void {
    const { opened } = this
    if (opened === null) return
    this.opened = null
    this.enter('locked')
    // the next unlocking waits until what was under way is on the disk
    void this.alone(async () => {
      await opened.close()
      await this.watchClosed()
    })
  }

  /** The page says whether it is seen: what is not seen does not ask the server again and again. */
  setVisible(visible: boolean): void {
    this.around.visible = visible
    this.opened?.sync.setVisible(visible)
    if (visible) this.closedPhone?.now()
  }

  /** The browser says whether there is a network. */
  setOnline(online: boolean): void {
    this.around.online = online
    this.opened?.sync.setOnline(online)
    if (online) this.closedPhone?.now()
  }

  get sync(): Sync {
    return this.open.sync
  }
  get view(): View {
    return this.open.view
  }
  get households(): Households {
    return this.open.households
  }
  get visits(): Visits {
    return this.open.visits
  }
  get cases(): Cases {
    return this.open.cases
  }
  get settling(): Settling {
    return this.open.settling
  }
  get dayLog(): DayLog {
    return this.open.dayLog
  }
  get figures(): Figures {
    return this.open.figures
  }
  get map(): GridMap {
    return this.open.map
  }
  get history(): History {
    return this.open.history
  }
  get drafts(): Drafts {
    return this.open.drafts
  }
  get files(): Files {
    return this.open.files
  }

  get rescue(): Rescue {
    return new RescueWays(this.rescueSurroundings())
  }
  get carried(): Carried {
    return new CarriedWays(this.rescueSurroundings())
  }

  async startAnew(): Promise<void> {
    await this.alone(async () => {
      if (this.phase === 'damaged' && this.database === null) return this.removeUnreadable()
      await this.at('damaged').transact(emptied)
      this.enter('new')
    })
  }

  nowMs(): number {
    return this.opened?.core.nowMs() ?? this.around.times.wallMs()
  }

  today(): string {
    return countDay(this.nowMs())
  }

  private rescueSurroundings(): RescueSurroundings {
    const { database } = this
    if (database === null) throw this.phase === 'elsewhere' ? new ElsewhereOpen() : new Locked()
    return {
      database,
      transport: () => this.transport(),
      identity: () => this.opened?.store.values.get('identity') ?? null,
      nowMs: () => this.nowMs(),
      handedOver: () => this.handedOver(),
    }
  }

  /** What lay here is on the server: a wiped phone has nothing left to keep. */
  private async handedOver(): Promise<void> {
    if (this.phase === 'wiped') await this.closedPhone?.end()
  }

  private get kept(): KeptKey {
    if (this.keptKey === null) throw new Locked()
    return this.keptKey
  }

  private get open(): OpenPhone {
    if (this.opened === null) throw new Locked()
    return this.opened
  }

  /** One change of the phase after the other. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work)
    this.turn = done.catch(() => undefined)
    return done
  }

  private async take(steal: boolean): Promise<void> {
    const ownership = await Ownership.take(steal, () => this.lose())
    if (ownership === null) return this.enter('elsewhere')
    this.ownership = ownership
    try {
      this.database = await Database.open(ownership.token, () => this.lose())
      this.keptKey = new KeptKey(this.database)
      await this.enterClosed(this.database)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Not even the database could be opened: nothing of it can be read any more. */
  private async removeUnreadable(): Promise<void> {
    await Database.remove()
    this.ownership?.release()
    await this.take(false)
  }

  /** Another tab has the data now: nothing more is written here, and nothing read is kept. */
  private lose(): void {
    this.database?.lose()
    this.opened?.abandon(new ElsewhereOpen())
    this.ownership?.release()
    this.closedPhone?.stop()
    this.ownership = this.database = this.keptKey = this.opened = this.enrolment = this.closedPhone = null
    this.enter('elsewhere')
  }

  private fail(error: unknown): void {
    if (error instanceof ElsewhereOpen) return this.enter('elsewhere')
    if (!(error instanceof StoreDamaged)) throw error
    this.enter('damaged')
  }

  /** The database, in one of these phases. */
  private at(...phases: Phase[]): Database {
    if (this.phase === 'elsewhere') throw new ElsewhereOpen()
    if (this.database === null || !phases.includes(this.phase)) throw new Locked()
    return this.database
  }

  /** As the disk says it: a wipe that was begun is ended first. */
  private async enterClosed(database: Database): Promise<void> {
    if (await wipeOrdered(database)) await wipe(database, this.around.times.wallMs())
    const state = await this.kept.state()
    const wiped = (await wipedMs(database)) !== null
    if (!wiped && state === 'none') return this.enter('new')
    await this.watchClosed()
    this.enter(wiped ? 'wiped' : state === 'kept' ? 'locked' : 'locked-out')
  }

  /** Say what may be said, and ask for orders, while the vault is closed. */
  private async watchClosed(): Promise<void> {
    const { database } = this
    if (database === null || this.phase === 'open') return
    this.closedPhone?.stop()
    this.closedPhone = await ClosedPhone.of(database, {
      transport: () => this.transport(),
      wallMs: () => this.around.times.wallMs(),
      world: this.around,
      ordered: (orders) => this.follow(orders),
      changed: () => this.tell('phase'),
    })
    this.closedPhone.start()
  }

  /** Orders that came while the vault was closed, or to an open phone's own sync. */
  private async follow(orders: Orders): Promise<void> {
    if (this.phase === 'wiped') await this.endWipe()
    else if (orders === 'wipe') await this.alone(() => this.wipeNow())
  }

  /** The server was told of the wipe: what is left is handed over, and goes. What fails is tried again with the next asking. */
  private async endWipe(): Promise<void> {
    const { unsent = 0, unsentFiles = 0, done = true } = this.closed ?? {}
    if (done) return
    if (unsent + unsentFiles > 0) await this.rescue.handOver()
    else await this.closedPhone?.end()
  }

  /** Everything at once: what is shown and read, what is under way, what is on the disk. */
  private async wipeNow(): Promise<void> {
    const { database, opened } = this
    if (database === null) return
    this.opened = null
    opened?.abandon()
    await wipe(database, this.around.times.wallMs())
    await this.watchClosed()
    this.enter('wiped')
  }

  /** The fifth wrong PIN. What was open is closed. */
  private lockOut(): void {
    const { opened } = this
    this.opened = null
    this.enter('locked-out')
    void this.alone(async () => {
      await opened?.close()
      await this.watchClosed()
    })
  }

  /** Open by a data key that came another way than by the PIN: under a new PIN, and a new recovery code. */
  private async openAnew(database: Database, dataKey: DataKey, nextPin: string): Promise<void> {
    const { kept } = this
    const spare: DataKey = { ...dataKey, bytes: dataKey.bytes.slice() }
    // only a key that opens what is here takes the place of the one that did
    const store = await this.read(database, dataKey)
    const identity = store.values.get('identity')
    await database.transact([
      ...(await kept.keptUnder(nextPin, spare)),
      ...(identity ? await kept.newRecovery(spare, identity) : []),
    ])
    spare.bytes.fill(0)
    kept.kept()
    await this.openWith(store)
  }

  private async read(database: Database, dataKey: DataKey, rows?: Promise<SealedRows>): Promise<Store> {
    try {
      return await Store.open(database, await Vault.under(dataKey.bytes, dataKey.cipher), rows, (store) =>
        this.mayRead(store),
      )
    } catch (error) {
      if (error instanceof StoreDamaged) this.enter('damaged')
      throw error
    }
  }

  /** By what of the copy names nobody: the calendar counts the lease. */
  private mayRead(store: Store): boolean {
    const { calendar } = new Reference(store.copy)
    return readingOf(store.values, calendar, correctedNow(store, this.around.times)).allowed
  }

  private async openWith(store: Store): Promise<void> {
    const opened = await OpenPhone.open(store, this.around, {
      changed: (change) => this.tell(change),
      ordered: (orders) => void this.follow(orders),
    }).catch((error: unknown) => {
      store.close()
      store.vault.lock()
      throw error
    })
    if (this.database === null) {
      opened.abandon(new ElsewhereOpen())
      throw new ElsewhereOpen()
    }
    this.opened = opened
    this.closedPhone?.stop()
    this.closedPhone = null
    this.enter('open')
    opened.sync.start()
  }

  private transport(): Transport {
    const { times, fetch } = this.around
    return new Transport(this.server, times, fetch ? { fetch } : {})
  }

  private enter(phase: Phase): void {
    this.phase = phase
    this.tell('phase')
  }

  private tell(change: Change): void {
    if (change === 'phase' || change === 'view') this.version += 1
    for (const listener of this.listeners) listener(change)
  }
}
