import { describe, expect, it } from 'vitest'
import { flush, keeper } from '../../src/parts/kept'

/** A store whose writes end when they are told to. */
function slowStore() {
  const written: string[] = []
  const ends: (() => void)[] = []
  const keep = (state: string) =>
    new Promise<void>((end) =>
      ends.push(() => {
        written.push(state)
        end()
      }),
    )
  const finishOne = async () => {
    ends.shift()?.()
    await new Promise((later) => setTimeout(later))
  }
  return { written, ends, keep, finishOne }
}

const neverFails = (error: unknown) => {
  throw error
}

describe('keeping what is typed', () => {
  it('writes one state at a time, and of those that came meanwhile only the newest', async () => {
    const store = slowStore()
    const keeping = keeper(store.keep, neverFails)
    for (const typed of ['沈', '沈建', '沈建国']) keeping.changed(typed)
    expect(store.ends).toHaveLength(1)
    await store.finishOne()
    await store.finishOne()
    expect(store.written).toEqual(['沈', '沈建国'])
  })

  it('is settled only when the newest state is written', async () => {
    const store = slowStore()
    const keeping = keeper(store.keep, neverFails)
    keeping.changed('1')
    keeping.changed('2')
    let settled = false
    const waiting = keeping.settled().then(() => (settled = true))
    await store.finishOne()
    expect(settled).toBe(false)
    await store.finishOne()
    await waiting
    expect(store.written).toEqual(['1', '2'])
  })

  it('writes nothing after it was stopped, so that what was put aside stays so', async () => {
    const store = slowStore()
    const keeping = keeper(store.keep, neverFails)
    keeping.changed('1')
    keeping.changed('2')
    const stopped = keeping.stop()
    await store.finishOne()
    await stopped
    keeping.changed('3')
    expect(store.written).toEqual(['1'])
    expect(store.ends).toHaveLength(0)
  })

  it('tells a failed write, and tries again with the next state', async () => {
    const told: unknown[] = []
    const written: string[] = []
    let full = true
    const keeping = keeper<string>(
      async (state) => {
        if (full) throw new Error('full')
        written.push(state)
      },
      (error) => told.push(error),
    )
    keeping.changed('1')
    await new Promise((later) => setTimeout(later))
    full = false
    keeping.changed('2')
    await keeping.settled()
    expect(told).toHaveLength(1)
    expect(written).toEqual(['2'])
  })

  it('is waited for before the page is locked or loaded anew, whoever was typing', async () => {
    const [one, other] = [slowStore(), slowStore()]
    keeper(one.keep, neverFails).changed('甲')
    keeper(other.keep, neverFails).changed('乙')
    let flushed = false
    const flushing = flush().then(() => (flushed = true))
    await one.finishOne()
    expect(flushed).toBe(false)
    await other.finishOne()
    await flushing
    expect([one.written, other.written]).toEqual([['甲'], ['乙']])
  })
})
