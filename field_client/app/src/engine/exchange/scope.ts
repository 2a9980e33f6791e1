/** The scope as a phone keeps it: taking another one drops what it does not allow, wherever the scope was told. */
import { forgetFeeds, trimFeeds } from '../device/feed'
import type { Edit } from '../device/store'
import { REFERENCE_VILLAGE } from '../sync/kinds'
import type { Scope } from '../sync/scope'
import type { Scope as ToldScope } from '../wire/messages'

/** The feeds in the order in which they are pulled: what the others refer to first. */
export function followed(scope: Scope): string[] {
  return [REFERENCE_VILLAGE, ...scope.villages.map((of) => of.village)]
}

/** Keep a scope, drop what it does not allow, and count the rest under its parts; part of the write that was told it. */
export function takeScope(edit: Edit, told: ToldScope): void {
  const known = edit.values.get('scope')
  const scope = scopeOf(told)
  if (known !== undefined && JSON.stringify(scopeOf(known)) === JSON.stringify(scope)) return
  edit.values.set('scope', scope)
  edit.copy.followScope(scope)
  // what was fetched and not stored yet may be of grids that are no longer ours
  edit.forgetSegments()
  forgetFeeds(edit.values, followed(scope))
  trimFeeds(edit.values, scope)
}

/** A scope with every member there and in one order, whatever was left out on the way. */
function scopeOf({ number, worker, villages }: ToldScope): Scope {
  return { number, worker, villages: villages.map(({ village, grids = [] }) => ({ village, grids })) }
}
