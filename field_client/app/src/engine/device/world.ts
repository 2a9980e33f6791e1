/**
 * The world on which a phone judges and lays over: its copy, its own operations, and the facts that it knows. The twin of
 * `field_client/world.py`.
 */
import { Overlay, type Below } from '../sync/overlay'
import type { Scope } from '../sync/scope'
import type { Author, Facts } from '../sync/world'
import { countDay } from '../days'
import type { Reference } from './reference'

export class DeviceWorld extends Overlay implements Facts {
  constructor(
    below: Below,
    private readonly reference: Reference,
    private readonly scope: Scope | undefined,
    private readonly own: Author,
  ) {
    super(
      below,
      reference.catalogue,
      (device) => (device === own.device ? own.worker : undefined),
      (grid) => villageInScope(scope, grid) ?? reference.villageOfGrid(grid),
    )
  }

  /** A village in scope, or one within the worker's division. */
  coversVillage(division: string, village: string): boolean {
    return village.startsWith(division) || (this.scope?.villages ?? []).some((of) => of.village === village)
  }

  onDuty(worker: string, village: string, day: string): boolean {
    return this.reference.onDuty(worker, village, day)
  }

  /** By the working calendar; a month whose closing day is not published yet is open. */
  monthClosed(day: string, nowMs: number): boolean {
    const closes = this.reference.calendar.monthClosesOn(Number(day.slice(0, 4)), Number(day.slice(5, 7)))
    return !closes.tentative && countDay(nowMs) > closes.day
  }

  nameOf(worker: string): string {
    return this.reference.worker(worker)?.name ?? worker
  }

  /** A world over this one, in which operations can be tried before any of them is kept. */
  trial(): DeviceWorld {
    return new DeviceWorld(
      { get: (record) => this.look(record), children: (record) => this.children(record) },
      this.reference,
      this.scope,
      this.own,
    )
  }
}

/** A grid in scope is known even before its record is here. */
function villageInScope(scope: Scope | undefined, grid: string): string | undefined {
  return scope?.villages.find((of) => of.grids.includes(grid))?.village
}
