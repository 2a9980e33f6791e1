import { describe, expect, it } from 'vitest'
import { Catalogue, type Department, type Item } from '@/engine/forms/catalogue'
import type { Form } from '@/engine/forms/definition'
import type { Problem } from '@/engine/problem'
import { targetOf } from '@/engine/sync/apply'
import { judge } from '@/engine/sync/judge'
import type { Operation } from '@/engine/sync/operation'
import { Overlay } from '@/engine/sync/overlay'
import { parentOf, type FieldRecord } from '@/engine/sync/record'
import type { Author, Facts } from '@/engine/sync/world'
import { vectors } from '../vectors'

interface Told {
  grids: Record<string, string>
  on_duty: [worker: string, village: string, day: string][]
  months_open_from: string
  records: FieldRecord[]
  catalogue: { departments: Department[]; items: Item[]; forms: Form[] }
  now_ms: number
}
const RULES = vectors<{
  world: Told
  cases: { why: string; author: Author; operation: Operation; problems: Problem[]; remarks: Problem[] }[]
}>('rules')

/** The small world of the vectors. */
class RulesWorld extends Overlay implements Facts {
  constructor(private readonly told: Told) {
    const records = new Map(told.records.map((record) => [record.id, record]))
    const { departments, items, forms } = told.catalogue
    super(
      {
        get: (id) => records.get(id),
        children: (id) => told.records.filter((record) => parentOf(record) === id),
      },
      new Catalogue(departments, items, forms),
      () => undefined,
      (grid) => told.grids[grid],
    )
  }

  coversVillage(division: string, village: string): boolean {
    return village.startsWith(division)
  }
  onDuty(...wanted: [worker: string, village: string, day: string]): boolean {
    return this.told.on_duty.some((duty) => duty.every((one, at) => one === wanted[at]))
  }
  monthClosed(day: string): boolean {
    return day < this.told.months_open_from
  }
  nameOf(worker: string): string {
    return worker
  }
}

describe('rules', () => {
  it.each(RULES.cases)('$why', ({ author, operation, problems, remarks }) => {
    const world = new RulesWorld(RULES.world)
    const verdict = judge(operation, author, world, targetOf(world, operation), RULES.world.now_ms)
    expect(verdict).toEqual({ problems, remarks, waitsFor: null })
  })
})
