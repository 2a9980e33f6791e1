import { afterEach, describe, expect, it, vi } from 'vitest'
import { missingAbilities } from '@/engine/device/abilities'
import { isLow, storageInfo, storageLeftBytes } from '@/engine/device/storage'
import { measured, readTimes, type Anchor, type Times } from '@/engine/device/times'

afterEach(() => vi.unstubAllGlobals())

describe('what a browser lacks', () => {
  const all = { indexedDB: {}, crypto: { subtle: {} }, navigator: { locks: {} }, BigInt, structuredClone }

  it('is nothing where all is there', () => {
    expect(missingAbilities(all)).toEqual([])
  })

  it.each([
    [{ indexedDB: undefined }, '本机数据库'],
    [{ crypto: {} }, '数据加密'],
    [{ navigator: {} }, '多页面保护'],
    [{ BigInt: undefined }, '较新的浏览器版本'],
    [{ crypto: {}, isSecureContext: false }, '安全连接（请用 https 地址打开）'],
  ])('is named in Chinese: %j', (lack, zh) => {
    expect(missingAbilities({ ...all, ...lack }).map((one) => one.zh)).toEqual([zh])
  })
})

describe('storage', () => {
  const MB = 1024 * 1024
  const info = storageInfo(() => ({ household: 2 }))

  it.each([
    [10 * MB, 1000 * MB, false],
    [10 * MB, 59 * MB, true],
    [79 * MB, 1000 * MB, false],
    [801 * MB, 1000 * MB, true],
  ])('of %d used of %d is low: %s', (used, quota, low) => {
    expect(isLow(used, quota)).toBe(low)
  })

  it('asks the browser', async () => {
    const storage = {
      persisted: () => Promise.resolve(false),
      persist: () => Promise.resolve(true),
      estimate: () => Promise.resolve({ usage: 5 * MB, quota: 40 * MB }),
    }
    vi.stubGlobal('navigator', { storage })
    expect(await info.persisted()).toBe(false)
    expect(await info.askPersisted()).toBe(true)
    expect(await info.estimate()).toEqual({ used: 5 * MB, left: 35 * MB, low: true })
    expect(await storageLeftBytes()).toBe(35 * MB)
    expect(info.counts()).toEqual({ household: 2 })
  })

  it('of a browser that does not say is not told to be short', async () => {
    vi.stubGlobal('navigator', {})
    expect(await info.persisted()).toBe(false)
    expect(await info.askPersisted()).toBe(false)
    expect((await info.estimate()).low).toBe(false)
    expect(await storageLeftBytes()).toBeNull()
  })
})

describe('the time', () => {
  const HOUR = 3_600_000
  const clocks = { wall: 1_000_000_000, monotonic: 500 }
  const times: Times = {
    wallMs: () => clocks.wall,
    monotonicMs: () => clocks.monotonic,
    boot: 'page',
    random: (count) => new Uint8Array(count),
  }
  const after = (
    anchor: Anchor,
    wall: number,
    monotonic = wall,
    boot = 'page',
  ): ReturnType<typeof readTimes> => {
    clocks.wall += wall
    clocks.monotonic += monotonic
    return readTimes({ ...times, boot }, anchor)
  }
  const known = (): Anchor => measured(times, clocks.wall, clocks.wall - 1200)

  it('is the wall clock until an exchange measured it', () => {
    expect(readTimes(times, null)).toMatchObject({ correctedMs: clocks.wall, offsetMs: 0 })
    expect(readTimes(times, null).anchor.measured).toBe(false)
  })

  it('is measured half way between sending and receiving', () => {
    expect(measured(times, clocks.wall - 200, clocks.wall - 1300).offsetMs).toBe(1200)
  })

  it('goes on by the offset', () => {
    const read = after(known(), HOUR)
    expect(read.correctedMs).toBe(clocks.wall - 1200)
  })

  it('does not follow a clock that is set back while the page lives', () => {
    const read = after(known(), -HOUR, 60_000)
    expect(read.offsetMs).toBe(1200 - HOUR - 60_000)
    expect(read.anchor.steppedMs).toBe(-HOUR - 60_000)
    expect(after(read.anchor, 1000).offsetMs).toBe(read.offsetMs)
  })

  it('takes a step ahead for sleep, as the monotonic clock may stand still', () => {
    expect(after(known(), 8 * HOUR, 100).offsetMs).toBe(1200)
  })

  it('takes a step ahead that is taken back for none, also after sleep', () => {
    const ahead = after(known(), 24 * HOUR, 5)
    const slept = after(ahead.anchor, 3 * HOUR, 10)
    const back = after(slept.anchor, -24 * HOUR, 20)
    expect(back.offsetMs).toBe(1200)
    expect(back.anchor.ahead).toHaveLength(1)
    expect(after(back.anchor, -24 * HOUR, 0).offsetMs).toBe(1200 - 24 * HOUR)
  })

  it('takes a drift of the two clocks for no step', () => {
    expect(after(known(), 1000, 2900).offsetMs).toBe(1200)
  })

  it('of a page opened anew keeps the offset, and notes a clock that was set back', () => {
    const read = after(known(), -HOUR, 0, 'another page')
    expect(read.offsetMs).toBe(1200)
    expect(read.anchor).toMatchObject({ boot: 'another page', steppedMs: -HOUR })
  })
})
