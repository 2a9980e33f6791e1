/**
 * The ways into the vault: a first PIN, the PIN, the account, the window's code. Each ends in the open store; what the
 * phone's phase is then, device.ts says.
 *
 * Invariant: a data key that does not open what is here is kept under no PIN, and one that was opened in vain is forgotten.
 */
import { StoreDamaged } from '../errors'
import { takeEnrolment, type Credentials, type Enrolment } from '../exchange/enrol'
import type { Transport } from '../exchange/transport'
import { dataKeyByAccount } from '../exchange/unlock'
import { cipherName } from './cipher'
import type { Database, Write } from './database'
import { correctedNow } from './device_core'
import type { DataKey } from './key_box'
import { KeptKey } from './kept_key'
import { readingOf } from './reading'
import { recoveryBox } from './recovery'
import { Reference } from './reference'
import { sealedKey, sealedKeyWrite } from './sealed_key'
import { readStanding } from './standing'
import { sealedRows, Store, type SealedRows } from './store'
import type { Times } from './times'
import { newDataKey, Vault } from './vault'

export interface WaysInAround {
  times: Times
  transport: () => Transport
  /** The data key is right, and what lies under it cannot be read. */
  damaged: () => void
}

export class WaysIn {
  /** One for the life of the database: it counts wrong PINs also where the disk is full. */
  readonly kept: KeptKey

  constructor(
    private readonly database: Database,
    private readonly around: WaysInAround,
  ) {
    this.kept = new KeptKey(database)
  }

  /** A new vault for a new enrolment, under the first PIN. */
  async byFirstPin(pin: string, enrolment: Enrolment): Promise<Store> {
    const { database, kept } = this
    const cipher = cipherName(enrolment.identity.limits.cipher)
    const vault = await Vault.under(newDataKey(), cipher)
    const dataKey: DataKey = { bytes: vault.dataKey(), cipher }
    try {
      const boxes = [
        ...(await this.boxes(pin, dataKey, enrolment)),
        await sealedKeyWrite(vault, enrolment.identity),
      ]
      const store = await Store.open(database, vault, undefined, (opened) => this.mayRead(opened))
      await store.write((edit) => {
        takeEnrolment(edit, enrolment)
        edit.beside.push(...boxes)
      })
      kept.kept()
      return store
    } catch (error) {
      vault.lock()
      throw error
    } finally {
      dataKey.bytes.fill(0)
    }
  }

  /** WrongPin, LockedOut at the fifth, StoreDamaged. */
  async byPin(pin: string): Promise<Store> {
    // fetched while the PIN is looked at, which takes its time on purpose
    const rows = sealedRows(this.database)
    rows.catch(() => undefined)
    const dataKey = await this.kept.opened(pin)
    const spare: DataKey = { ...dataKey, bytes: dataKey.bytes.slice() }
    const store = await this.read(dataKey, rows)
    // on a full disk it is made up for at the next opening
    await this.madeUpFor(store, spare).catch(() => undefined)
    spare.bytes.fill(0)
    return store
  }

  /** The account opens the data key that was sealed to the server. What `dataKeyByAccount` says; StoreDamaged. */
  async byAccount(account: Credentials, nextPin: string): Promise<Store> {
    const sealed = await sealedKey(this.database)
    if (sealed === null) throw new StoreDamaged(new Error('no data key was sealed to the server'))
    const bytes = await dataKeyByAccount(this.around.transport(), account, sealed)
    const cipher = cipherName((await readStanding(this.database))?.cipher)
    return this.anew({ bytes, cipher }, nextPin)
  }

  /** Refused where the code is not whole, WrongCode, StoreDamaged. */
  async byCode(code: string, nextPin: string): Promise<Store> {
    return this.anew(await this.kept.openedByCode(code), nextPin)
  }

  /** Whether a code would open it. */
  async tryCode(code: string): Promise<void> {
    const dataKey = await this.kept.openedByCode(code)
    dataKey.bytes.fill(0)
  }

  /** WrongPin, LockedOut at the fifth. */
  async changePin(present: string, next: string): Promise<void> {
    const dataKey = await this.kept.opened(present)
    const writes = await this.kept.keptUnder(next, dataKey)
    dataKey.bytes.fill(0)
    await this.database.transact(writes)
  }

  /** What an earlier version of the app did not keep: what a closed phone may say, and a code that opens it. */
  private async madeUpFor(store: Store, dataKey: DataKey): Promise<void> {
    const { database, kept } = this
    const identity = store.values.get('identity')
    if (identity === undefined) return
    const [standing, box] = await Promise.all([readStanding(database), recoveryBox(database)])
    if (standing?.device && box) return
    const recovery = box ? [] : await kept.newRecovery(dataKey, identity)
    await store.write((edit) => {
      edit.values.set('identity', identity)
      edit.beside.push(...recovery)
    })
  }

  /** By a data key that came another way than by the PIN: under a new PIN, and a new recovery code. */
  private async anew(dataKey: DataKey, nextPin: string): Promise<Store> {
    const spare: DataKey = { ...dataKey, bytes: dataKey.bytes.slice() }
    // only a key that opens what is here takes the place of the one that did
    const store = await this.read(dataKey)
    try {
      await this.database.transact(
        await this.boxes(nextPin, spare, { identity: store.values.get('identity') }),
      )
      this.kept.kept()
      return store
    } catch (error) {
      store.close()
      store.vault.lock()
      throw error
    } finally {
      spare.bytes.fill(0)
    }
  }

  private async boxes(
    pin: string,
    dataKey: DataKey,
    of: Partial<Pick<Enrolment, 'identity'>>,
  ): Promise<Write[]> {
    const { kept } = this
    return [
      ...(await kept.keptUnder(pin, dataKey)),
      ...(of.identity ? await kept.newRecovery(dataKey, of.identity) : []),
    ]
  }

  private async read({ bytes, cipher }: DataKey, rows?: Promise<SealedRows>): Promise<Store> {
    const vault = await Vault.under(bytes, cipher)
    try {
      return await Store.open(this.database, vault, rows, (store) => this.mayRead(store))
    } catch (error) {
      vault.lock()
      if (error instanceof StoreDamaged) this.around.damaged()
      throw error
    }
  }

  /** By what of the copy names nobody: the calendar counts the lease. */
  private mayRead(store: Store): boolean {
    const { calendar } = new Reference(store.copy)
    return readingOf(store.values, calendar, correctedNow(store, this.around.times)).allowed
  }
}
