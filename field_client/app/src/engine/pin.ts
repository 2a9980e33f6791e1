/** What a PIN may be, and how many wrong ones are looked at. */
import { Refused } from './errors'
import type { Problem } from './problem'
import { unlessFull, type Database, type Write } from './device/database'

export const PIN_DIGITS_MIN = 6
export const PIN_DIGITS_MAX = 12
const TRIES = 'pin_tries'
const TRIES_MAX = 5

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

/** The write that forgets the tries: a PIN was right, or is a new one. */
export const TRIES_FORGOTTEN: Write = { store: 'meta', remove: TRIES }

/** The wrong PINs since the last right one, kept on the disk so that closing the app does not forget them. */
export class PinTries {
  /** Counted here too: on a full disk, which must not keep anybody from reading, nothing else counts them. */
  private counted = 0

  constructor(private readonly database: Database) {}

  /** Whether all tries were used up. */
  async spent(): Promise<boolean> {
    return (await this.known()) >= TRIES_MAX
  }

  /**
   * Count a try before it is made, so that ending the app in the middle does not make it free; how many are left if it
   * is wrong.
   */
  async begin(): Promise<number> {
    const tries = (await this.known()) + 1
    this.counted = tries
    await unlessFull(this.database.transact([{ store: 'meta', key: TRIES, value: tries }]))
    return Math.max(0, TRIES_MAX - tries)
  }

  /** The PIN was right. */
  async right(): Promise<void> {
    this.forget()
    await unlessFull(this.database.transact([TRIES_FORGOTTEN]))
  }

  /** Those counted here: they were forgotten on the disk. */
  forget(): void {
    this.counted = 0
  }

  private async known(): Promise<number> {
    const kept = await this.database.get('meta', TRIES)
    // of an earlier version of this program: { wrong, atMs }
    const wrong = typeof kept === 'object' && kept !== null && 'wrong' in kept ? kept.wrong : kept
    return Math.max(this.counted, typeof wrong === 'number' ? wrong : 0)
  }
}
