import { describe, expect, it } from 'vitest'
import { Catalogue, type Department, type Item } from '@/engine/forms/catalogue'
import type { Form } from '@/engine/forms/definition'
import type { Operation } from '@/engine/sync/operation'
import { Overlay } from '@/engine/sync/overlay'
import { parentOf, type FieldRecord } from '@/engine/sync/record'
import { byCodePoint } from '@/engine/text'
import { vectors } from '../vectors'
import { whole } from './whole'

const OVERLAY = vectors<{
  device: string
  worker: string
  now_ms: number
  catalogue: { departments?: Department[]; items: Item[]; forms: Form[] }
  stories: { name: string; copy: FieldRecord[]; pending: Operation[]; changed: FieldRecord[] }[]
}>('overlay')

describe('own operations laid over the copy', () => {
  it.each(OVERLAY.stories)('$name', ({ copy, pending, changed }) => {
    const below = new Map(copy.map((record) => [record.id, structuredClone(record)]))
    const { departments = [], items, forms } = OVERLAY.catalogue
    const overlay = new Overlay(
      {
        get: (id) => below.get(id),
        children: (id) => [...below.values()].filter((record) => parentOf(record) === id),
      },
      new Catalogue(departments, items, forms),
      (device) => (device === OVERLAY.device ? OVERLAY.worker : undefined),
    )
    const author = { device: OVERLAY.device, worker: OVERLAY.worker, role: 'worker', division: '' }
    overlay.lay(pending, author, OVERLAY.now_ms)
    const shown = [...overlay.changed.values()].sort((one, other) => byCodePoint(one.id, other.id))
    expect(shown.map(whole)).toEqual(changed.map(whole))
    expect([...below.values()]).toEqual(copy)
  })
})
