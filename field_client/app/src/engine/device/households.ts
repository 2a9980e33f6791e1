/** Households and residents: finding them, changing them, and looking at a masked number on purpose. */
import type { Captured, DueHousehold, Found, Households, VisitClass } from '../api'
import { NotFound } from '../errors'
import {
  identityNumberBirthDate,
  identityNumberSex,
  maskIdentityNumber,
  normaliseIdentityNumber,
  normalisePhone,
} from '../forms/codes'
import { VISIT_CLASSES } from '../grid_map/visit_classes'
import { occurredMs } from '../sync/counting_facts'
import { text, type Fields, type Value } from '../field_values'
import type { FieldRecord } from '../sync/record'
import { alikeHouseholds, alikeResidents } from './alike'
import type { Core } from './core'
import type { DueList } from './due'
import type { PersonSearch } from './person_search'

const IDENTITY_NUMBER = 'identity_number'
const HEAD = '户主'

export class DeviceHouseholds implements Households {
  readonly classes: VisitClass[] = [...VISIT_CLASSES]

  constructor(
    private readonly core: Core,
    private readonly dueList: DueList,
    private readonly people: PersonSearch,
  ) {}

  search(query: string, limit?: number): Found[] {
    return this.people.search(query, limit)
  }

  searchReady(): Promise<void> {
    return this.people.ready()
  }

  residents(household: string): FieldRecord[] {
    return residentsOf(this.core, household)
  }

  due(options: Parameters<Households['due']>[0] = {}): DueHousehold[] {
    return this.dueList.inWalkingOrder(options)
  }

  dueOf(household: string): DueHousehold | null {
    const found = this.dueList.of(household)
    return found && this.dueList.shown(found)
  }

  visitsOf(household: string): FieldRecord[] {
    return visitsOf(this.core, household)
  }

  alike(kind: 'household' | 'resident', fields: Fields, except?: string): FieldRecord[] {
    const records = this.core.view.ofKind(kind).filter((one) => one.id !== except)
    const tidy = tidied(fields)
    return kind === 'household' ? alikeHouseholds(records, tidy) : alikeResidents(records, tidy)
  }

  masked(identityNumber: Value | undefined): string {
    return typeof identityNumber === 'string' ? maskIdentityNumber(identityNumber) : ''
  }

  async add(fields: Fields): Promise<Captured> {
    return this.core.create('household', this.villageOf(fields), filled(tidied(fields)))
  }

  async change(household: string, fields: Fields): Promise<Captured> {
    return this.core.change('household', household, tidied(fields))
  }

  async addResident(household: string, fields: Fields): Promise<Captured> {
    const { village } = this.core.require('household', household)
    return this.core.create('resident', village, { household, ...filled(fromNumber(tidied(fields), {})) })
  }

  async changeResident(resident: string, fields: Fields): Promise<Captured> {
    const { values } = this.core.require('resident', resident)
    return this.core.change('resident', resident, fromNumber(tidied(fields), values))
  }

  async reveal(resident: string, reason: string): Promise<string> {
    const record = this.core.require('resident', resident)
    const number = text(record.values, IDENTITY_NUMBER)
    if (!number) throw new NotFound('没有登记证件号', 'no identity number is recorded')
    await this.core.create('reading', record.village, {
      subject: resident,
      field: IDENTITY_NUMBER,
      reason,
      worker: this.core.identity.worker.id,
      read_at: this.core.said(),
    })
    return number
  }

  async void(kind: 'household' | 'resident', record: string, reason: string): Promise<Captured> {
    return this.core.void(kind, record, reason)
  }

  async request(words: string, household?: string): Promise<Captured> {
    const core = this.core
    const fields: Fields = { text: words, worker: core.identity.worker.id, asked_at: core.said() }
    if (household === undefined) return core.create('request', core.village(), fields)
    const { village } = core.require('household', household)
    return core.create('request', village, { ...fields, household })
  }

  /** The village of the grid that a new household is put into; that of the worker where the grid is not one's own. */
  private villageOf(fields: Fields): string {
    const grid = text(fields, 'grid')
    return this.core.view.scope.find((one) => one.grids.includes(grid))?.village ?? this.core.village()
  }
}

/** Who lives in a household, its head first, those merged into another one left out. */
export function residentsOf(core: Core, household: string): FieldRecord[] {
  const isHead = (one: FieldRecord) => one.values.relation === HEAD
  return core.view
    .children(household, 'resident')
    .filter((one) => !one.values.merged_into)
    .sort((one, other) => Number(isHead(other)) - Number(isHead(one)) || (one.id < other.id ? -1 : 1))
}

const visitsByVersion = new WeakMap<Core, { version: number; byHousehold: Map<string, FieldRecord[]> }>()

/** A household's visits, the latest first; voided ones included, as they are told and count for nothing. */
export function visitsOf(core: Core, household: string): FieldRecord[] {
  let made = visitsByVersion.get(core)
  if (made?.version !== core.version) {
    made = { version: core.version, byHousehold: new Map() }
    for (const visit of core.view.ofKind('visit', true)) {
      const of = text(visit.values, 'household')
      const others = made.byHousehold.get(of)
      if (others) others.push(visit)
      else made.byHousehold.set(of, [visit])
    }
    for (const visits of made.byHousehold.values()) {
      visits.sort((one, other) => occurredMs(other) - occurredMs(one))
    }
    visitsByVersion.set(core, made)
  }
  return made.byHousehold.get(household)?.slice() ?? []
}

/** What was typed, as it is kept: numbers as their rules write them, emptied fields as null. */
function tidied(fields: Fields): Fields {
  const tidy: Fields = {}
  for (const [field, value] of Object.entries(fields)) {
    const plain = typeof value === 'string' ? value.trim() : value
    if (plain === '') tidy[field] = null
    else if (typeof plain !== 'string') tidy[field] = plain
    else if (field === IDENTITY_NUMBER) tidy[field] = normaliseIdentityNumber(plain)
    else tidy[field] = field === 'phone' ? normalisePhone(plain) : plain
  }
  return tidy
}

/** A new record says only what is known. */
function filled(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

/** An identity number tells the birth date and the sex, where nobody said otherwise. */
function fromNumber(fields: Fields, present: Fields): Fields {
  const number = text(fields, IDENTITY_NUMBER)
  const told: Fields = { ...fields }
  const [born, sex] = [identityNumberBirthDate(number), identityNumberSex(number)]
  if (born !== null && fields.birth_date == null && present.birth_date == null) told.birth_date = born
  if (sex !== null && fields.sex == null && present.sex == null) told.sex = sex
  return told
}
