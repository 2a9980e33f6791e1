import { beforeEach, describe, expect, it } from 'vitest'
import type { OutboxEntry } from '@/engine/device/outbox'
import { KEPT_MS, rewritten } from '@/engine/device/outbox_edit'
import type { Store } from '@/engine/device/store'
import { digestOf, firstPrevious } from '@/engine/sync/chain'
import { capture, DEVICE, freshDisk, household, id, openStore, reopened, SCOPE, VILLAGE } from './phone'

let store: Store

beforeEach(async () => {
  freshDisk()
  store = await openStore()
  await store.write((edit) => {
    const limits = {
      batch_operations: 500,
      batch_bytes: 1 << 20,
      operation_bytes: 65536,
      page_records: 1000,
      lease_working_days: 3,
    }
    edit.values.set('identity', {
      server: '',
      device: DEVICE,
      device_name: '',
      worker: { id: 'w', name: '', role: 'worker', division: VILLAGE },
      token: 't',
      epoch: 'e',
      limits,
      signing: { id: '', key: '' },
      sealing: { id: '', key: '' },
    })
  })
})

const counters = (entries: readonly OutboxEntry[]): number[] => entries.map((entry) => entry.counter)
const laid = (of = store): number[] => of.outbox.laid().map((operation) => operation.counter)

async function captured(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await capture(store, {}, 1000 + at)
}

describe('the chain', () => {
  it('begins at the digest of the device and goes on from digest to digest', async () => {
    await captured(3)
    const entries = store.outbox.entries()
    expect(JSON.parse(entries[0]?.exact ?? '')).toMatchObject({ counter: 1, previous: firstPrevious(DEVICE) })
    expect(JSON.parse(entries[2]?.exact ?? '')).toMatchObject({ previous: digestOf(entries[1]?.exact ?? '') })
    expect(store.outbox.digestAt(0)).toBe(firstPrevious(DEVICE))
    expect(store.outbox.digestAt(3)).toBe(store.outbox.chain().digest)
    expect(store.outbox.digestAt(4)).toBeNull()
  })

  it('refuses what does not stand next in it', async () => {
    await expect(capture(store, { counter: 5 })).rejects.toThrow(RangeError)
    await expect(capture(store, { previous: 'x' })).rejects.toThrow(RangeError)
    expect(store.outbox.entries()).toEqual([])
  })
})

describe('handing over', () => {
  it('takes as many as fit into a batch, at least one', async () => {
    await captured(4)
    const size = store.outbox.at(1)?.exact.length ?? 0
    expect(counters(store.outbox.waiting(2))).toEqual([1, 2])
    expect(counters(store.outbox.waiting(9, 3 * size + 10))).toEqual([1, 2, 3])
    expect(counters(store.outbox.waiting(9, 1))).toEqual([1])
  })

  it('counts the bytes of Chinese text as they travel', async () => {
    await capture(store, { fields: { note: '走访'.repeat(100) } })
    await captured(1)
    expect(counters(store.outbox.waiting(9, 1000))).toEqual([1])
  })

  it('acknowledges up to a counter; what was not told yet is held and stays in sight', async () => {
    await captured(3)
    expect(await store.write((edit) => edit.outbox.acknowledge(2, 5000))).toBe(2)
    expect(await store.write((edit) => edit.outbox.acknowledge(2, 6000))).toBe(0)
    expect(store.outbox.counts()).toEqual({ held: 2, waiting: 1 })
    expect(store.outbox.at(1)?.acknowledgedMs).toBe(5000)
    expect(store.outbox.lastAcknowledged()).toBe(2)
    expect(laid()).toEqual([1, 2, 3])
  })

  it('offers again what a restored server lost', async () => {
    await captured(3)
    await store.write((edit) => edit.outbox.acknowledge(3, 5000))
    await store.write((edit) => edit.outbox.goBackTo(1))
    expect(counters(store.outbox.waiting())).toEqual([2, 3])
    expect(store.outbox.lastAcknowledged()).toBe(1)
    expect(store.outbox.oldestWaitingMs()).toBe(1001)
  })

  it('counts everything that waits, also what was mended and is offered again', async () => {
    await captured(1)
    await store.write((edit) => {
      edit.outbox.acknowledge(1, 5000)
      edit.outbox.takeOutcomes([{ counter: 1, outcome: 'rejected', problems: [problem('wrong-type')] }], 1)
    })
    await capture(store, { mends: store.outbox.at(1)?.id })
    expect(store.outbox.counts()).toEqual({ waiting: 1 })
    await store.write((edit) => edit.outbox.rewrite('another-device'))
    expect(store.outbox.counts()).toEqual({ waiting: 2 })
  })
})

describe('what became of operations', () => {
  it('is kept with the cursor, whichever order it comes in', async () => {
    await captured(2)
    await store.write((edit) => {
      edit.outbox.acknowledge(2, 5000)
      edit.outbox.takeOutcomes(
        [
          { counter: 2, outcome: 'rejected', problems: [problem('wrong-type')] },
          { counter: 1, outcome: 'applied', revision: 2 },
          { counter: 77, outcome: 'applied', revision: 2 },
        ],
        9,
      )
    })
    const again = await reopened(store)
    expect(again.outbox.counts()).toEqual({ applied: 1, rejected: 1 })
    expect(again.values.get('outcomes_after')).toBe(9)
    expect(again.outbox.at(2)?.detail?.problems?.[0]?.code).toBe('wrong-type')
  })

  it('takes the bytes along where the server says that an operation was erased, in whichever way', async () => {
    await captured(3)
    const digests = [1, 2, 3].map((counter) => store.outbox.digestAt(counter))
    await store.write((edit) => {
      edit.outbox.acknowledge(3, 5000)
      edit.outbox.takeOutcomes(
        [
          { counter: 1, outcome: 'rejected', problems: [problem('erased')] },
          { counter: 2, outcome: 'applied', revision: 1, remarks: [problem('erased')] },
          { counter: 3, outcome: 'applied', revision: 1, remarks: [problem('clock-off')] },
        ],
        3,
      )
    })
    expect(store.outbox.entries().map((one) => [one.outcome, one.exact === ''])).toEqual([
      ['erased', true],
      ['erased', true],
      ['applied', false],
    ])
    expect([1, 2, 3].map((counter) => store.outbox.digestAt(counter))).toEqual(digests)
  })

  it('lifts an effective one when the copy holds its revision, and not before', async () => {
    await captured(1)
    await store.write((edit) => {
      edit.outbox.acknowledge(1, 5000)
      edit.outbox.takeOutcomes([{ counter: 1, outcome: 'merged', revision: 3 }], 1)
      edit.copy.applyEntries(VILLAGE, [household(1, { revision: 2 })], SCOPE)
      edit.outbox.liftHeldByCopy()
    })
    expect(laid()).toEqual([1])
    await store.write((edit) => {
      edit.copy.applyEntries(VILLAGE, [household(1, { revision: 3, version: 5 })], SCOPE)
      edit.outbox.liftHeldByCopy()
    })
    expect(laid()).toEqual([])
  })

  it.each([
    ['applied', []],
    ['merged', []],
    ['conflict', []],
    ['held', [1]],
    ['rejected', [1]],
  ])('lifts %s ones when their village was pulled: %j stay laid', async (outcome, stay) => {
    await captured(1)
    await store.write((edit) => {
      edit.outbox.acknowledge(1, 5000)
      edit.outbox.takeOutcomes([{ counter: 1, outcome, revision: 9 }], 1)
      edit.outbox.liftPulled('another-village')
    })
    expect(laid()).toEqual([1])
    await store.write((edit) => edit.outbox.liftPulled(VILLAGE))
    expect(laid()).toEqual(stay)
  })

  it('lifts nothing that waits, also where it was told of before a restore', async () => {
    await captured(1)
    await store.write((edit) => {
      edit.outbox.acknowledge(1, 5000)
      edit.outbox.takeOutcomes([{ counter: 1, outcome: 'applied', revision: 1 }], 1)
      edit.outbox.goBackTo(0)
      edit.outbox.liftPulled(VILLAGE)
      edit.outbox.liftElsewhere([])
    })
    expect(laid()).toEqual([1])
  })

  it('lifts what is of villages that are not followed any more', async () => {
    await captured(1)
    await store.write((edit) => {
      edit.outbox.acknowledge(1, 5000)
      edit.outbox.takeOutcomes([{ counter: 1, outcome: 'applied', revision: 1 }], 1)
      edit.outbox.liftElsewhere([VILLAGE])
    })
    expect(laid()).toEqual([1])
    await store.write((edit) => edit.outbox.liftElsewhere(['other']))
    expect(laid()).toEqual([])
  })

  it('lays again what a copy that stepped back does not hold any more', async () => {
    await captured(2)
    await store.write((edit) => {
      edit.outbox.acknowledge(2, 5000)
      edit.outbox.takeOutcomes(
        [
          { counter: 1, outcome: 'applied', revision: 2 },
          { counter: 2, outcome: 'applied', revision: 3 },
        ],
        1,
      )
      edit.outbox.liftPulled(VILLAGE)
    })
    await store.write((edit) => {
      edit.copy.applyEntries(VILLAGE, [household(1, { revision: 2 })], SCOPE)
      edit.outbox.layAgain([id(1)])
    })
    expect(laid()).toEqual([2])
    await store.write((edit) => {
      edit.copy.dropAll()
      edit.outbox.layAgain([id(1)])
    })
    expect(laid()).toEqual([1, 2])
  })

  it.each(['already-mended', 'already-settled', 'id-taken'])(
    'shows nothing more of one that is %s',
    async (code) => {
      await captured(1)
      await store.write((edit) => {
        edit.outbox.acknowledge(1, 5000)
        edit.outbox.takeOutcomes([{ counter: 1, outcome: 'rejected', problems: [problem(code)] }], 1)
      })
      expect(laid()).toEqual([])
    },
  )

  it('takes a rejected one out of sight when it is mended', async () => {
    const rejected = await capture(store)
    await store.write((edit) => {
      edit.outbox.acknowledge(1, 5000)
      edit.outbox.takeOutcomes([{ counter: 1, outcome: 'rejected', problems: [problem('required')] }], 1)
    })
    const mending = await capture(store, { mends: rejected.id })
    expect(store.outbox.at(1)).toMatchObject({ laid: false, mendedBy: mending.id })
    expect(store.outbox.counts()).toEqual({ waiting: 1 })
    expect(laid()).toEqual([2])
  })
})

describe('forgetting', () => {
  async function settled(count: number, atMs: number): Promise<void> {
    await captured(count)
    await store.write((edit) => {
      edit.outbox.acknowledge(count, atMs)
      edit.outbox.takeOutcomes(
        store.outbox.entries().map(({ counter }) => ({ counter, outcome: 'applied', revision: 1 })),
        1,
      )
      edit.outbox.liftPulled(VILLAGE)
    })
  }

  it('drops what is settled and older than 30 days, and keeps its last digest', async () => {
    await settled(2, 1000)
    const digest = store.outbox.digestAt(2)
    expect(await store.write((edit) => edit.outbox.forget(2, 1000 + KEPT_MS))).toBe(0)
    expect(await store.write((edit) => edit.outbox.forget(1, 1001 + KEPT_MS))).toBe(1)
    expect(await store.write((edit) => edit.outbox.forget(2, 1001 + KEPT_MS))).toBe(1)
    const again = await reopened(store)
    expect(again.outbox.entries()).toEqual([])
    expect(again.outbox.digestAt(2)).toBe(digest)
    expect(again.outbox.digestAt(1)).toBeNull()
    expect(again.outbox.lastAcknowledged()).toBe(2)
    await capture(again)
    expect(JSON.parse(again.outbox.at(3)?.exact ?? '')).toMatchObject({ previous: digest })
  })

  it('stops at the first that is rejected, held, laid or waits', async () => {
    await settled(3, 1000)
    await store.write((edit) => edit.outbox.takeOutcomes([{ counter: 2, outcome: 'rejected' }], 2))
    expect(await store.write((edit) => edit.outbox.forget(3, 2 * KEPT_MS))).toBe(1)
    expect(counters(store.outbox.entries())).toEqual([2, 3])
  })

  it('by order removes what the server has, whatever became of it', async () => {
    await captured(3)
    await store.write((edit) => edit.outbox.acknowledge(2, 5000))
    await store.write((edit) => edit.outbox.wipeAcknowledged())
    const again = await reopened(store)
    expect(counters(again.outbox.entries())).toEqual([3])
    expect(again.outbox.chain()).toMatchObject({ counter: 3, forgotten: 2 })
  })
})

describe('enrolling anew', () => {
  it('carries everything over under its ids, in a chain of the new identity', async () => {
    const ids = [(await capture(store)).id, (await capture(store)).id, (await capture(store)).id]
    await store.write((edit) => {
      edit.outbox.acknowledge(2, 1000)
      edit.outbox.takeOutcomes([{ counter: 1, outcome: 'applied', revision: 2 }], 4)
      edit.outbox.liftPulled(VILLAGE)
      edit.outbox.forget(1, 1001 + KEPT_MS)
    })
    expect(await store.write((edit) => edit.outbox.rewrite('new-device'))).toBe(2)
    for (const one of [store, await reopened(store)]) {
      const entries = one.outbox.entries()
      expect(entries.map((entry) => entry.id)).toEqual(ids.slice(1))
      expect(counters(one.outbox.waiting())).toEqual([1, 2])
      expect(JSON.parse(entries[0]?.exact ?? '')).toMatchObject({
        counter: 1,
        previous: firstPrevious('new-device'),
      })
      expect(JSON.parse(entries[1]?.exact ?? '')).toMatchObject({ previous: entries[0]?.digest })
      expect(one.outbox.chain()).toMatchObject({ counter: 2, digest: entries[1]?.digest, forgotten: 0 })
      expect(one.values.get('outcomes_after')).toBe(0)
    }
  })

  it('keeps what this program does not know, and every digit and sign', () => {
    const exact = '{"id":"a","counter":7,"previous":"p","later":{"x":[1,null,"\\u0001走"]},"note":"<&>"}'
    expect(rewritten(exact, 1, 'q')).toBe(
      '{"id":"a","counter":1,"previous":"q","later":{"x":[1,null,"\\u0001走"]},"note":"<&>"}',
    )
  })
})

it('reads what is open at once, and the settled history after that', async () => {
  await captured(150)
  await store.write((edit) => {
    edit.outbox.acknowledge(149, 5000)
    edit.outbox.takeOutcomes(
      Array.from({ length: 149 }, (_, at) => ({ counter: at + 1, outcome: 'applied', revision: 1 })),
      1,
    )
    edit.outbox.liftPulled(VILLAGE)
  })
  const dataKey = store.vault.dataKey()
  store.database.close()
  const again = await openStore(dataKey)
  expect(counters(again.outbox.entries())).toEqual([150])
  await expect(again.write((edit) => edit.outbox.rewrite('new-device'))).rejects.toThrow(RangeError)
  await again.complete
  expect(again.outbox.entries()).toEqual(store.outbox.entries())
})

function problem(code: string): { pointer: string; code: string; message: string; message_en: string } {
  return { pointer: '', code, message: '', message_en: '' }
}
