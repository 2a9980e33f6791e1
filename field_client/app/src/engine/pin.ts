/** What a PIN may be, and how long wrong ones make wait. */
import { PinWait, Refused, StorageFull } from './errors'
import type { Problem } from './problem'
import type { Database, Write } from './device/database'

export const PIN_DIGITS_MIN = 6
export const PIN_DIGITS_MAX = 12
const TRIES = 'pin_tries'
const TRIES_MAX = 5
const FIRST_WAIT_MS = 30_000
const WAIT_MS_MAX = 3_600_000

/** Refused where a PIN would be guessed: too short or long, one digit only, a run (123456, 987654, 678901). */
export function checkPin(pin: string): void {
  const problem = pinProblem(pin)
  if (problem !== null) throw new Refused([problem])
}

function pinProblem(pin: string): Problem | null {
  if (!/^\d*$/.test(pin) || pin.length < PIN_DIGITS_MIN || pin.length > PIN_DIGITS_MAX)
    return said('pin-form', '口令是6到12位数字', 'a PIN has 6 to 12 digits')
  const steps = [...pin].slice(1).map((digit, at) => (Number(digit) - Number(pin[at]) + 10) % 10)
  if (steps.every((step) => step === 0))
    return said('pin-same', '口令不能都是同一个数字', 'not all digits the same')
  if (steps.every((step) => step === 1) || steps.every((step) => step === 9))
    return said('pin-run', '口令不能是连续的数字', 'not digits in a row')
  return null
}

function said(code: string, message: string, message_en: string): Problem {
  return { pointer: '/pin', code, message, message_en }
}

interface Tries {
  wrong: number
  /** When the last one was, by the phone's own clock. */
  atMs: number
}

/** The wrong PINs since the last right one, kept on the disk so that closing the app does not forget them. */
export class PinTries {
  /** Counted here where the disk is full: a full phone can still be opened. */
  private unkept: Tries | null = null

  constructor(
    private readonly database: Database,
    private readonly wallMs: () => number,
  ) {}

  /**
   * Count a try before it is made, so that ending the app in the middle does not make it free; how many are left if it
   * is wrong. PinWait while there is a wait.
   */
  async begin(): Promise<number> {
    const known = await this.known()
    const now = this.wallMs()
    const wait = waitMs(known.wrong)
    // a clock that was set back makes wait from the beginning, not for ever
    const passed = Math.max(0, now - known.atMs)
    if (passed < wait) {
      if (now < known.atMs) await this.keep({ ...known, atMs: now })
      throw new PinWait(Math.ceil((wait - passed) / 1000))
    }
    await this.keep({ wrong: known.wrong + 1, atMs: now })
    return Math.max(0, TRIES_MAX - known.wrong - 1)
  }

  /** The PIN was right. */
  async right(): Promise<void> {
    this.unkept = null
    await this.written({ store: 'meta', remove: TRIES })
  }

  private async known(): Promise<Tries> {
    return (
      this.unkept ?? ((await this.database.get('meta', TRIES)) as Tries | undefined) ?? { wrong: 0, atMs: 0 }
    )
  }

  private async keep(tries: Tries): Promise<void> {
    const kept = await this.written({ store: 'meta', key: TRIES, value: tries })
    this.unkept = kept ? null : tries
  }

  private async written(write: Write): Promise<boolean> {
    try {
      await this.database.transact([write])
      return true
    } catch (error) {
      if (error instanceof StorageFull) return false
      throw error
    }
  }
}

/** How long after so many wrong ones: 30 seconds after the fifth, then doubling. */
function waitMs(wrong: number): number {
  return wrong < TRIES_MAX ? 0 : Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** (wrong - TRIES_MAX))
}
