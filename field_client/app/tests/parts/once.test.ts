import { describe, expect, it } from 'vitest'
import { useOnce } from '../../src/parts/once'

describe('a tap', () => {
  it('counts once while its work goes on, and again afterwards', async () => {
    const { busy, once } = useOnce()
    let begun = 0
    let end: () => void = () => undefined
    const act = () => {
      begun += 1
      return new Promise<void>((done) => (end = done))
    }
    const first = once(act)
    await once(act)
    expect([begun, busy.value]).toEqual([1, true])
    end()
    await first
    const second = once(act)
    end()
    await second
    expect([begun, busy.value]).toEqual([2, false])
  })

  it('is not blocked by one that went wrong', async () => {
    const { busy, once } = useOnce()
    await expect(once(() => Promise.reject(new Error('full')))).rejects.toThrow('full')
    expect(busy.value).toBe(false)
  })
})
