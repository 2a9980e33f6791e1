/** The data key as this phone keeps it: in its box (key_box.ts), behind the PIN and its waits (pin.ts). */
import { Locked } from '../errors'
import type { Database, Write } from './database'
import { boxed, measuredIterations, unboxed, type KeyBox } from './key_box'
import { PinTries } from '../pin'
import type { Bytes } from './vault'

/** In `meta`. */
const BOX = 'vault'

export class KeptKey {
  private readonly tries: PinTries

  constructor(
    private readonly database: Database,
    wallMs: () => number,
  ) {
    this.tries = new PinTries(database, wallMs)
  }

  /** Whether a PIN was chosen. */
  async exists(): Promise<boolean> {
    return (await this.box()) !== undefined
  }

  /** The data key by the PIN. WrongPin, PinWait, StoreDamaged; Locked where no PIN was chosen. */
  async opened(pin: string): Promise<Bytes> {
    const box = await this.box()
    if (box === undefined) throw new Locked()
    const left = await this.tries.begin()
    const dataKey = await unboxed(box, pin, left)
    await this.tries.right()
    return dataKey
  }

  /** The write that keeps a data key under a PIN from now on. The bytes are wiped. */
  async keptUnder(pin: string, dataKey: Bytes): Promise<Write> {
    const iterations = await measuredIterations(() => performance.now())
    const value = await boxed(pin, dataKey, iterations, await this.box())
    dataKey.fill(0)
    return { store: 'meta', key: BOX, value }
  }

  /** The account has shown who it is: wrong PINs before that do not count. */
  async forgiven(): Promise<void> {
    await this.tries.right()
  }

  private async box(): Promise<KeyBox | undefined> {
    return (await this.database.get('meta', BOX)) as KeyBox | undefined
  }
}
