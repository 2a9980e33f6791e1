/**
 * The server's hints that a village has changed, by server-sent events: a reason to pull, nothing more.
 *
 * Listened to only while the app is seen and there is a network. Whatever is missed is found by the next sync anyway.
 */
import { CallRefused } from '../errors'
import { pause, waitMs } from '../backoff'
import type { Transport } from './transport'

const FIRST_WAIT_MS = 2_000
const MOST_WAIT_MS = 180_000
/** The server keeps an open line alive by comments; one that is silent for longer is dead. */
const QUIET_MS = 75_000
/** A browser opens six connections to a server; most are left to the sync itself. */
const LINES_MAX = 2

/** What to listen to. */
export interface Followed {
  token: string
  villages: readonly string[]
}

export class Live {
  private control: AbortController | null = null
  private following = ''
  private readonly newest = new Map<string, number>()

  /** `hint` is called when a village is newer than was heard before. */
  constructor(
    private readonly transport: Transport,
    private readonly hint: () => void,
  ) {}

  /** Listen to these villages; null: to nothing. The same again changes nothing. */
  follow(followed: Followed | null): void {
    const wanted = followed === null ? '' : JSON.stringify(followed)
    if (wanted === this.following) return
    this.following = wanted
    this.control?.abort()
    this.control = null
    if (followed === null) return
    const control = (this.control = new AbortController())
    for (const village of followed.villages.slice(0, LINES_MAX)) {
      void this.keepListening(village, followed.token, control.signal)
    }
  }

  private async keepListening(village: string, token: string, signal: AbortSignal): Promise<void> {
    for (let failed = 1; !signal.aborted; failed += 1) {
      const events = new Events((version) => {
        failed = 0
        this.heard(village, version)
      })
      try {
        const path = `/live?village=${encodeURIComponent(village)}`
        await this.transport.listen(path, token, signal, QUIET_MS, (text) => events.take(text))
      } catch (error) {
        // revoked, or out of scope: the next sync finds out and says what to follow
        if (error instanceof CallRefused) return
      }
      await pause(waitMs(Math.max(1, failed), FIRST_WAIT_MS, MOST_WAIT_MS), signal)
    }
  }

  private heard(village: string, version: number): void {
    if (version <= (this.newest.get(village) ?? -1)) return
    this.newest.set(village, version)
    this.hint()
  }
}

/** The events `version` out of pieces of a stream; comments and all else are passed over. */
export class Events {
  private rest = ''

  constructor(private readonly version: (version: number) => void) {}

  take(text: string): void {
    const lines = (this.rest + text).split(/\r?\n/)
    this.rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('data:')) this.data(line.slice(5))
    }
  }

  private data(text: string): void {
    try {
      const { version } = JSON.parse(text) as { version?: unknown }
      if (typeof version === 'number') this.version(version)
    } catch {
      // no event of ours
    }
  }
}
