/** The item catalogue as it travels; the twin of `forms/catalogue.py`. What is absent is not known (未载明). */
import type { Form } from './definition'

export type Mode = 'direct' | 'proxy' | 'assist' | 'inform' | 'report' | 'visit'
export type Finish = 'doorstep' | 'online' | 'handed_up'
export type Source = 'seen' | 'reworded' | 'assumed' | 'placeholder'

export interface Department {
  key: string
  name: string
  name_en?: string | null
}

/** One material in the columns of a real guide: 材料名称, 必要性, 规格份数, 材料来源, 审查要点. */
export interface Material {
  key: string
  name: string
  necessity?: 'required' | 'conditional' | null
  condition?: string | null
  copies?: string | null
  source?: string | null
  review_points?: string[] | null
}

/** One stage of a time limit; its default counting is `working` and it is pausable unless it says not. */
export interface Stage {
  key: string
  name: string
  days: number
  counting?: 'working' | 'calendar'
  pausable?: boolean
}

/** How long an item may take. `statutory` is true unless it says not; `demonstration` is shown as 演示时限. */
export interface TimeLimit {
  immediate?: boolean
  stages?: Stage[]
  statutory?: boolean
  demonstration?: boolean
  source_note?: string | null
}

/** One item (事项) in one version; days are ISO texts. `effective_to` is its last day in force. */
export interface Item {
  key: string
  number: number
  version: number
  department: string
  name: string
  mode: Mode
  finish: Finish
  limit: TimeLimit
  form: string
  effective_from: string
  effective_to?: string | null
  name_en?: string | null
  official_code?: string | null
  materials?: Material[]
  materials_note?: string | null
  duplicate_key?: string[]
  licence?: boolean
  audience?: string | null
  aliases?: string[]
  depth?: 'full' | 'brief'
  name_source?: Source | null
  limit_source?: Source | null
  materials_source?: Source | null
}

/** Whether a version of an item may be used on a day (ISO text). */
export function inForce(item: Item, on: string): boolean {
  return item.effective_from <= on && (item.effective_to ?? on) >= on
}

/** All departments, items in all their versions, and forms. */
export class Catalogue {
  private readonly versionsByKey = new Map<string, Item[]>()
  private readonly departmentsByKey: ReadonlyMap<string, Department>
  private readonly formsByKey: ReadonlyMap<string, Form>

  constructor(
    readonly departments: readonly Department[],
    readonly items: readonly Item[],
    forms: readonly Form[],
  ) {
    this.departmentsByKey = new Map(departments.map((one) => [one.key, one]))
    this.formsByKey = new Map(forms.map((one) => [one.key, one]))
    for (const item of [...items].sort((one, other) => one.version - other.version)) {
      const versions = this.versionsByKey.get(item.key)
      if (versions) versions.push(item)
      else this.versionsByKey.set(item.key, [item])
    }
  }

  /** That version of an item, in force or not. */
  item(key: string, version: number): Item | undefined {
    return this.versionsByKey.get(key)?.find((one) => one.version === version)
  }

  /** The newest version of an item that is in force on a day. */
  current(key: string, on: string): Item | undefined {
    return this.versionsByKey.get(key)?.findLast((one) => inForce(one, on))
  }

  /** The items of a day, each in its newest version in force, by number. */
  itemsInForce(on: string): Item[] {
    return [...this.versionsByKey.keys()]
      .map((key) => this.current(key, on))
      .filter((one) => one !== undefined)
      .sort((one, other) => one.number - other.number)
  }

  department(key: string): Department | undefined {
    return this.departmentsByKey.get(key)
  }

  form(key: string): Form | undefined {
    return this.formsByKey.get(key)
  }
}
