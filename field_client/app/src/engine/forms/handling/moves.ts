/** The tables of how a case of each mode moves, and who may move it; data of `forms/handling/moves.py`. */
import tables from '../../data/workflows.json'
import type { Finish, Mode } from '../catalogue'
import type { Actor, State } from './states'

/** One permitted move. `at_doorstep`: who else may make it for an item that the doorstep can finish. */
export interface Move {
  seen: State
  new: State
  actors: readonly Actor[]
  at_doorstep: readonly Actor[]
  /** False for a way out (withdrawal, giving up), which nobody is waited for to take. */
  onward: boolean
}

/** Where a mode's cases begin and by whom, its moves, and which states are open. */
export interface Workflow {
  initial: State
  starters: readonly Actor[]
  states: readonly State[]
  open_states: readonly State[]
  moves: readonly Move[]
}

export const WORKFLOWS = tables.workflows as Readonly<Record<Mode, Workflow>>

/** Whether any of these capacities allows the move for an item finished there. */
export function mayBeMadeBy(move: Move, actors: ReadonlySet<Actor>, finish: Finish): boolean {
  return whoMay(move, finish).some((actor) => actors.has(actor))
}

/** Everybody who may make the move for an item finished there. */
export function whoMay(move: Move, finish: Finish): readonly Actor[] {
  return finish === 'doorstep' ? [...move.actors, ...move.at_doorstep] : move.actors
}
