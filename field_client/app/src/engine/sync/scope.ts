/** What a device may hold: its worker's grids, what the worker has in hand, and what names no resident. */

/** One village that a device follows: the grids whose records it may hold. */
export interface VillageScope {
  village: string
  grids: string[]
}

/** A worker's scope. `number` is higher with every change of it, within an epoch. */
export interface Scope {
  number: number
  worker: string
  villages: VillageScope[]
}

export const OWN = 'own'
export const COMMON = 'common'

/** The grids of a village in a scope; empty where it only follows what its worker has in hand. */
export function gridsOf(scope: Scope, village: string): Set<string> {
  return new Set(scope.villages.filter((of) => of.village === village).flatMap((of) => of.grids))
}

/**
 * The part under which a device counts a record: its grid, `common`, `own`; null if it may not hold it. `part` is the
 * record's own (`partOf`); `granted` says that something in the worker's hand needs the record.
 */
export function partInScope(
  part: string,
  holder: string | null,
  granted: boolean,
  grids: ReadonlySet<string>,
  worker: string,
): string | null {
  if (part === COMMON || grids.has(part)) return part
  return granted || holder === worker ? OWN : null
}
