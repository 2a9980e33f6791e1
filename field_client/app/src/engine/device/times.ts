/**
 * The phone's clocks and randomness, and how far its wall clock is off.
 *
 * Every exchange measures the offset (phone minus server). Between exchanges, while the page lives, a wall clock that is
 * set back against the monotonic one is noticed. A step ahead is not counted: the monotonic clock of a browser may stand
 * still while the phone sleeps, so that sleep and a clock set ahead look alike; but a step ahead that is taken back
 * exactly was none. The hybrid clock of the operations never goes back in any case.
 */

/** What counts as a step: less is the drift of two clocks. */
const STEP_MS_MIN = 2000
const STEPS_KEPT = 20

/** What a device reads of the world; tests give their own. */
export interface Times {
  /** The wall clock, Unix milliseconds. */
  wallMs(): number
  /** A clock that nobody can set, in milliseconds since `boot`. */
  monotonicMs(): number
  /** What the monotonic clock counts from: the life of this page. */
  readonly boot: string
  random(count: number): Uint8Array<ArrayBuffer>
}

/** The browser's own clocks. */
export function browserTimes(): Times {
  const random = (count: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(count))
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => Math.round(performance.now()),
    boot: crypto.randomUUID(),
    random,
  }
}

/** A reading of both clocks and the offset that held then. */
export interface Anchor {
  boot: string
  wallMs: number
  monotonicMs: number
  offsetMs: number
  /** The last step back that was noticed; 0 where there was none since the offset was measured. */
  steppedMs: number
  /** Steps ahead that were sleep or a clock set ahead, since the offset was measured. */
  ahead: number[]
  /** Whether an exchange measured the offset. */
  measured: boolean
}

/** The time now: corrected, the offset by which it was, and the anchor to keep with it. */
export interface Reading {
  correctedMs: number
  offsetMs: number
  anchor: Anchor
}

/** The corrected time, a step back of the wall clock since the anchor counted in. */
export function readTimes(times: Times, anchor: Anchor | null | undefined): Reading {
  const now = { boot: times.boot, wallMs: times.wallMs(), monotonicMs: times.monotonicMs() }
  if (!anchor) {
    return reading({ ...now, offsetMs: 0, steppedMs: 0, ahead: [], measured: false })
  }
  if (now.boot !== anchor.boot) {
    // set back while the page was closed: how far nobody can tell, only that it is not as it was
    const steppedMs = Math.min(anchor.steppedMs, now.wallMs - anchor.wallMs)
    return reading({ ...anchor, ...now, steppedMs, ahead: [] })
  }
  const step = now.wallMs - anchor.wallMs - (now.monotonicMs - anchor.monotonicMs)
  return reading({ ...anchor, ...now, ...stepped(anchor, step) })
}

function stepped(anchor: Anchor, step: number): Partial<Anchor> {
  if (step >= STEP_MS_MIN) return { ahead: [...anchor.ahead, step].slice(-STEPS_KEPT) }
  if (step > -STEP_MS_MIN) return {}
  const undone = anchor.ahead.findIndex((ahead) => Math.abs(ahead + step) < STEP_MS_MIN)
  if (undone >= 0) return { ahead: anchor.ahead.filter((_, at) => at !== undone) }
  return { offsetMs: anchor.offsetMs + step, steppedMs: step }
}

function reading(anchor: Anchor): Reading {
  return { correctedMs: anchor.wallMs - anchor.offsetMs, offsetMs: anchor.offsetMs, anchor }
}

/** The anchor after an exchange: the server's time falls half way between sending and receiving. */
export function measured(times: Times, sentWallMs: number, serverMs: number): Anchor {
  const wallMs = times.wallMs()
  return {
    boot: times.boot,
    wallMs,
    monotonicMs: times.monotonicMs(),
    offsetMs: Math.floor((sentWallMs + wallMs) / 2) - serverMs,
    steppedMs: 0,
    ahead: [],
    measured: true,
  }
}
