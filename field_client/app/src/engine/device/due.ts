/**
 * Which households are due, by the same rules as the server's, and in an order in which to walk to them; the twin of
 * `field_client/due.py`. What is due of all households is made once for each version of what is shown.
 */
import type { DueHousehold } from '../api'
import { lastCounted, stateOf, type LastCounted } from '../grid_map/coverage'
import type { Position } from '../grid_map/coordinates'
import { addDays, countDay, type Day } from '../days'
import { distanceMeters, positionOf } from '../grid_map/location'
import {
  DEFAULT_CLASS,
  eventDeadlineMs,
  isOverdue,
  nextDue,
  periodOf,
  VISIT_CLASSES,
  withEvent,
  type Due,
  type VisitClass,
} from '../grid_map/visit_classes'
import { walkingOrder, type Stop } from '../grid_map/walking_order'
import { recordedMs, visitFact } from '../sync/counting_facts'
import { objectOf, text, textIn } from '../field_values'
import type { FieldRecord } from '../sync/record'
import type { Core } from './core'
import { byDoor, DoorOrder } from './door_order'

export const SOON_DAYS = 14
const LIMIT = 20

/** What is due of one household; `due.reason` is what a list may show, never the class. */
export interface HouseholdDue {
  household: FieldRecord
  visitClass: VisitClass
  due: Due
  lastCounted: Day | null
}

export class DueList {
  private made: { version: number; today: Day; byId: Map<string, HouseholdDue> } | null = null

  private readonly madeOf = new WeakMap<FieldRecord, { one: HouseholdDue; atMs: number | undefined }>()
  private readonly doors = new DoorOrder(byDoor)

  constructor(private readonly core: Core) {}

  /** Every household that lives here, due or not. */
  all(): Iterable<HouseholdDue> {
    return this.byId().values()
  }

  /** Null for a household that is not here or moved out. */
  of(household: string): HouseholdDue | null {
    return this.byId().get(household) ?? null
  }

  /** Households overdue, or due within some days, of the given grids (own ones by default); most urgent first. */
  urgent(withinDays = SOON_DAYS, grids: ReadonlySet<string> | null = this.ownGrids()): HouseholdDue[] {
    const today = this.core.today()
    const horizon = addDays(today, withinDays)
    return [...this.all()]
      .filter(
        ({ household, due }) =>
          due.lastDay <= horizon &&
          due.firstDay <= today &&
          (grids === null || grids.has(household.grid ?? '')),
      )
      .sort(byLastDay)
  }

  /** The most urgent ones in an order to walk; those without a position come after, by house number. */
  inWalkingOrder(
    options: { withinDays?: number; limit?: number; start?: [number, number]; grid?: string } = {},
  ): DueHousehold[] {
    const grids = options.grid === undefined ? this.ownGrids() : new Set([options.grid])
    const chosen = this.urgent(options.withinDays, grids).slice(0, options.limit ?? LIMIT)
    const byId = new Map(chosen.map((one) => [one.household.id, one]))
    const stops = chosen.map((one) => stopOf(one.household)).filter((one) => one !== null)
    const walked = walkingOrder(stops, options.start ?? null).ids.flatMap((id) => byId.get(id) ?? [])
    const placed = new Set(walked)
    const rest = chosen
      .filter((one) => !placed.has(one))
      .sort((one, other) => byDoor(one.household, other.household))
    return [...walked, ...rest].map((one) => this.shown(one, options.start))
  }

  /** As a list shows it. */
  shown(one: HouseholdDue, start?: Position): DueHousehold {
    const position = start && positionOf(one.household.values)
    return {
      household: one.household,
      reason: one.due.reason,
      firstDay: one.due.firstDay,
      lastDay: one.due.lastDay,
      deadlineMs: one.due.deadlineMs,
      overdue: this.overdue(one),
      lastCounted: one.lastCounted,
      distanceM: start && position ? Math.round(distanceMeters(start, position)) : null,
    }
  }

  /** How a map shows it: due is what the list of the next two weeks has, done is covered for the present period. */
  state(one: HouseholdDue): 'overdue' | 'due' | 'done' | 'not_due' {
    const today = this.core.today()
    if (this.overdue(one)) return 'overdue'
    if (one.due.firstDay <= today && one.due.lastDay <= addDays(today, SOON_DAYS)) return 'due'
    return stateOf(one.due.lastDay, periodOf(one.visitClass, today), today) === 'done' ? 'done' : 'not_due'
  }

  overdue(one: HouseholdDue): boolean {
    return isOverdue(one.due, this.core.nowMs(), this.core.today())
  }

  /** The grids in this phone's scope; null where it has none, and then nothing is left out. */
  ownGrids(): ReadonlySet<string> | null {
    const grids = new Set(this.core.view.scope.flatMap((one) => one.grids))
    return grids.size > 0 ? grids : null
  }

  private byId(): Map<string, HouseholdDue> {
    const [version, today] = [this.core.version, this.core.today()]
    if (this.made?.version !== version || this.made.today !== today) {
      this.made = { version, today, byId: this.make(today) }
    }
    return this.made.byId
  }

  /** In the order of the doors. */
  private make(today: Day): Map<string, HouseholdDue> {
    const { view } = this.core
    const counted = lastCounted(view.ofKind('visit').map(visitFact), VISIT_CLASSES, today)
    const found = new Map<string, HouseholdDue>()
    for (const household of this.doors.of(view.ofKind('household'))) {
      if (household.values.status === 'moved_out') continue
      found.set(household.id, this.remembered(household, counted.get(household.id)))
    }
    return found
  }

  /** What a capture did not touch stays as it was made: due depends on the record and its latest counted visit. */
  private remembered(household: FieldRecord, last: LastCounted | undefined): HouseholdDue {
    const known = this.madeOf.get(household)
    if (known && known.one.lastCounted === (last?.day ?? null) && known.atMs === last?.atMs) return known.one
    const visitClass = VISIT_CLASSES.orDefault(text(household.values, 'visit_class') || DEFAULT_CLASS)
    const due = dueOf(household, visitClass, last?.day ?? null, last?.atMs ?? null)
    const one = { household, visitClass, due, lastCounted: last?.day ?? null }
    this.madeOf.set(household, { one, atMs: last?.atMs })
    return one
  }
}

function dueOf(
  household: FieldRecord,
  visitClass: VisitClass,
  lastDay: Day | null,
  lastMs: number | null,
): Due {
  const due = nextDue(visitClass, lastDay, classSince(household))
  const at = textIn(objectOf(household.values.special_event) ?? {}, 'at')
  if (at === undefined) return due
  const atMs = recordedMs(at)
  return withEvent(due, atMs, eventDeadlineMs(visitClass, atMs, lastMs))
}

const sinceByRecord = new WeakMap<FieldRecord, Day>()

/** From which day the household's class holds: when the class was last set. */
function classSince(household: FieldRecord): Day {
  const known = sinceByRecord.get(household)
  if (known !== undefined) return known
  const [clock] = household.clocks?.visit_class ?? household.created
  const day = countDay(recordedMs(clock.slice(0, 24)))
  sinceByRecord.set(household, day)
  return day
}

/** Of one last day, the order of the doors stays. */
function byLastDay(one: HouseholdDue, other: HouseholdDue): number {
  return one.due.lastDay < other.due.lastDay ? -1 : one.due.lastDay > other.due.lastDay ? 1 : 0
}

function stopOf(household: FieldRecord): Stop | null {
  const position = positionOf(household.values)
  if (position === null) return null
  const [lon, lat] = position
  return { id: household.id, houseNumber: text(household.values, 'house_number'), lon, lat }
}
