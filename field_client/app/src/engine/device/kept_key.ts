/**
 * The data key as this phone keeps it: in its box (key_box.ts) behind the PIN and its five tries (pin.ts), and in a second
 * box behind the recovery code (recovery.ts).
 *
 * Invariant: after the fifth wrong PIN its box is gone from the disk, also where the app was ended in the middle of that
 * try. The data key then comes by the account (sealed_key.ts) or by the code, and by nothing else.
 */
import { Locked, LockedOut, WrongCode, WrongPin } from '../errors'
import type { Database, Write } from './database'
import type { ServerKey } from './identity'
import { boxed, measuredIterations, unboxed, type DataKey, type KeyBox } from './key_box'
import { PinTries, TRIES_FORGOTTEN } from '../pin'
import { checkedCode } from '../recovery_code'
import { newRecovery, recoveryBox } from './recovery'
import { sealedKey } from './sealed_key'

/** In `meta`. */
const BOX = 'vault'

/** Whether there is a PIN, or was one. */
export type PinState = 'none' | 'kept' | 'ended'

export class KeptKey {
  private readonly tries: PinTries

  constructor(private readonly database: Database) {
    this.tries = new PinTries(database)
  }

  /** How it stands; a PIN whose last try was begun and never ended has ended. */
  async state(): Promise<PinState> {
    if (await this.tries.spent()) await this.end()
    if ((await this.box()) !== undefined) return 'kept'
    // both are written at once: a sealed key without a box had one
    return (await sealedKey(this.database)) === null ? 'none' : 'ended'
  }

  /** The data key by the PIN. WrongPin, LockedOut at the fifth, StoreDamaged; Locked where no PIN was chosen. */
  async opened(pin: string): Promise<DataKey> {
    const state = await this.state()
    const box = await this.box()
    if (box === undefined) throw state === 'ended' ? new LockedOut() : new Locked()
    const left = await this.tries.begin()
    try {
      const dataKey = await unboxed(box, pin, new WrongPin(left))
      await this.tries.right()
      return dataKey
    } catch (error) {
      if (!(error instanceof WrongPin) || left > 0) throw error
      await this.end()
      throw new LockedOut()
    }
  }

  /** The data key by the recovery code, as it was typed. Refused where it is not whole; WrongCode. */
  async openedByCode(typed: string): Promise<DataKey> {
    const code = checkedCode(typed)
    const box = await recoveryBox(this.database)
    if (box === undefined) throw new WrongCode()
    return unboxed(box, code, new WrongCode(), 'code')
  }

  /** The writes that keep a data key under a PIN from now on, all tries before it. The bytes stay the caller's. */
  async keptUnder(pin: string, dataKey: DataKey): Promise<Write[]> {
    const iterations = await measuredIterations(() => performance.now())
    const before = (await this.box()) ?? (await recoveryBox(this.database))
    const value = await boxed(pin, dataKey, iterations, before)
    return [{ store: 'meta', key: BOX, value }, TRIES_FORGOTTEN]
  }

  /** What `keptUnder` wrote is on the disk. */
  kept(): void {
    this.tries.forget()
  }

  /** The writes that make a new recovery code, under the browser's key that is here. */
  async newRecovery(dataKey: DataKey, identity: { device: string; sealing: ServerKey }): Promise<Write[]> {
    return newRecovery(dataKey, identity, (await this.box()) ?? (await recoveryBox(this.database)))
  }

  /** The PIN opens nothing any more. It only removes, so that a full disk does not keep it. */
  private async end(): Promise<void> {
    await this.database.transact([{ store: 'meta', remove: BOX }, TRIES_FORGOTTEN])
    this.tries.forget()
  }

  private async box(): Promise<KeyBox | undefined> {
    return (await this.database.get('meta', BOX)) as KeyBox | undefined
  }
}
