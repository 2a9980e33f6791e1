/**
 * The phone as screens see it (api.ts): its phases, and everything that is there while it is open.
 *
 * What changes the phase is done one after the other. Losing the data to another tab comes between at any moment, and
 * ends everything at once.
 */
import type { Carried, Change, ClosedStanding, Device, Identity, Phase, Rescue, StorageInfo } from '../api'
import { ElsewhereOpen, Locked, LockedOut, StoreDamaged } from '../errors'
import { enrolFirst, type Enrolment } from '../exchange/enrol'
import { Transport } from '../exchange/transport'
import { countDay } from '../days'
import type { Label } from '../problem'
import { missingAbilities } from './abilities'
import { ClosedPhone } from './closed_phone'
import { Database, emptied } from './database'
import { OpenPhone, type Surroundings } from './open_phone'
import { OpenParts } from './open_parts'
import { Ownership } from './ownership'
import { checkPin } from '../pin'
import { CarriedWays, RescueWays, type RescueSurroundings } from './rescue_ways'
import { storageInfo } from './storage'
import type { Store } from './store'
import { browserTimes, type Times } from './times'
import { WaysIn } from './ways_in'
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

export class PhoneDevice extends OpenParts implements Device {
  phase: Phase = 'opening'
  version = 1
  missing: readonly Label[] = []
  readonly storage: StorageInfo = storageInfo(() => this.opened?.store.copy.counts() ?? {})
  private readonly server: string
  private readonly around: Surroundings
  private readonly listeners = new Set<(change: Change) => void>()
  private ownership: Ownership | null = null
  private database: Database | null = null
  private waysIn: WaysIn | null = null
  private enrolment: Enrolment | null = null
  private closedPhone: ClosedPhone | null = null
  private opened: OpenPhone | null = null
  private turn: Promise<unknown> = Promise.resolve()

  constructor(options: DeviceOptions) {
    super()
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
      const ways = this.ways('choosing-pin')
      const { enrolment } = this
      if (enrolment === null) throw new Locked()
      await this.openWith(await ways.byFirstPin(pin, enrolment))
      this.enrolment = null
    })
  }

  async changePin(present: string, next: string): Promise<void> {
    checkPin(next)
    await this.alone(() => this.tried(this.ways('open').changePin(present, next)))
  }

  async unlock(pin: string): Promise<void> {
    await this.alone(async () => {
      await this.openWith(await this.tried(this.ways('locked').byPin(pin)))
    })
  }

  async unlockByAccount(username: string, password: string, nextPin: string): Promise<void> {
    checkPin(nextPin)
    await this.alone(async () => {
      const ways = this.ways('locked', 'locked-out')
      await this.openWith(await ways.byAccount({ username, password }, nextPin))
    })
  }

  async tryCode(code: string): Promise<void> {
    await this.ways('locked', 'locked-out').tryCode(code)
  }

  async unlockByCode(code: string, nextPin: string): Promise<void> {
    checkPin(nextPin)
    await this.alone(async () => {
      await this.openWith(await this.ways('locked', 'locked-out').byCode(code, nextPin))
    })
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
      // an open phone learns of it by its sync
      handedOver: async (unsent, handed) => this.closedPhone?.handedOver(unsent, handed),
    }
  }

  /** The ways into the vault, in one of these phases. */
  private ways(...phases: Phase[]): WaysIn {
    this.at(...phases)
    if (this.waysIn === null) throw new Locked()
    return this.waysIn
  }

  /** A PIN is tried: the fifth wrong one ends it. */
  private async tried<T>(trying: Promise<T>): Promise<T> {
    try {
      return await trying
    } catch (error) {
      if (error instanceof LockedOut) this.lockOut()
      throw error
    }
  }

  protected get open(): OpenPhone {
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
      this.waysIn = new WaysIn(this.database, {
        times: this.around.times,
        transport: () => this.transport(),
        damaged: () => this.enter('damaged'),
      })
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
    this.ownership = this.database = this.waysIn = this.opened = this.enrolment = this.closedPhone = null
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
    const state = (await this.waysIn?.kept.state()) ?? 'none'
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
      phase: () => this.phase,
      transport: () => this.transport(),
      wallMs: () => this.around.times.wallMs(),
      world: this.around,
      wipe: () => this.wipe(),
      changed: () => this.tell('phase'),
    })
    this.closedPhone.start()
  }

  /** The server ordered it, to a closed phone or to an open one's sync. */
  private wipe(): Promise<void> {
    return this.alone(() => this.wipeNow())
  }

  /** Everything at once: what is shown and read, what is under way, what is on the disk. */
  private async wipeNow(): Promise<void> {
    const { database, opened } = this
    // told twice, by two syncs: one that was wiped, and handed over since, has nothing left to wipe
    if (database === null || this.phase === 'wiped' || this.phase === 'new') return
    this.opened = null
    opened?.abandon()
    try {
      await wipe(database, this.around.times.wallMs())
      // told when it can be said what is left; an open phone has nobody who watches
      this.phase = 'wiped'
      await this.watchClosed()
      this.enter('wiped')
    } catch (error) {
      this.fail(error)
    }
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

  private async openWith(store: Store): Promise<void> {
    const opened = await OpenPhone.open(store, this.around, {
      changed: (change) => this.tell(change),
      ordered: (orders) => {
        if (orders === 'wipe') void this.wipe()
      },
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
