/**
 * What a mode's workflow permits: which moves there are, and for one that is refused, why. The twin of
 * `forms/handling/workflow.py`; every move that is not in its tables is forbidden.
 */
import type { Label, Problem } from '../../problem'
import type { Finish, Mode } from '../catalogue'
import { mayBeMadeBy, whoMay, WORKFLOWS, type Move } from './moves'
import { ACTOR_LABELS, ACTORS, STATE_LABELS, stateLabel, type Actor, type State } from './states'

const POINTER = '/state'

/** The moves that a case of this mode can make from this state; empty at an end. */
export function movesFrom(mode: Mode, state: string): Move[] {
  return WORKFLOWS[mode].moves.filter((move) => move.seen === state)
}

/** Whether the matter is not settled yet (before 办结): what counts for duplicates and stuck cases. */
export function isOpen(mode: Mode, state: string): boolean {
  return WORKFLOWS[mode].open_states.some((open) => open === state)
}

/** Whether nothing can follow. */
export function isFinal(mode: Mode, state: string): boolean {
  return movesFrom(mode, state).length === 0
}

/** Who can take the case onward from here; empty at an end. Ways out are not waited for. */
export function awaited(mode: Mode, finish: Finish, state: string): ReadonlySet<Actor> {
  const onward = movesFrom(mode, state).filter((move) => move.onward)
  return new Set(onward.flatMap((move) => whoMay(move, finish)))
}

/** null if somebody acting so may make a case of this mode in this state; `not-initial-state`, `wrong-actor`. */
export function checkStart(mode: Mode, state: string, actors: ReadonlySet<Actor>): Problem | null {
  const workflow = WORKFLOWS[mode]
  if (state !== workflow.initial) {
    const [right, wrong] = [STATE_LABELS[workflow.initial], stateLabel(state)]
    return problemOf(
      'not-initial-state',
      `新办件须从“${right.zh}”开始，不能是“${wrong.zh}”`,
      `a new case starts as “${right.en}”, not as “${wrong.en}”`,
    )
  }
  return workflow.starters.some((actor) => actors.has(actor))
    ? null
    : wrongActor(workflow.initial, workflow.starters)
}

/**
 * null if somebody acting so may move a case of such an item from `seen` to `next`. Otherwise the one problem:
 * `unknown-state`, `move-forbidden`, `not-at-doorstep`, `wrong-actor`.
 */
export function checkMove(
  mode: Mode,
  finish: Finish,
  seen: string,
  next: string,
  actors: ReadonlySet<Actor>,
): Problem | null {
  const move = movesFrom(mode, seen).find((one) => one.new === next)
  if (move === undefined) return noSuchMove(mode, seen, next)
  if (mayBeMadeBy(move, actors, finish)) return null
  if (move.at_doorstep.some((actor) => actors.has(actor))) {
    const who = named(move.actors)
    return problemOf(
      'not-at-doorstep',
      `该事项不能上门办结，须由${who.zh}办结`,
      `this item cannot be finished at the doorstep; ${who.en} finishes it`,
    )
  }
  return wrongActor(move.new, whoMay(move, finish))
}

function noSuchMove(mode: Mode, seen: string, next: string): Problem {
  const strange = [seen, next].find((state) => !WORKFLOWS[mode].states.some((one) => one === state))
  if (strange !== undefined) {
    const label = stateLabel(strange)
    return problemOf(
      'unknown-state',
      `这类事项没有“${label.zh}”状态`,
      `cases of this mode have no state “${label.en}”`,
    )
  }
  const ways = movesFrom(mode, seen).map((move) => STATE_LABELS[move.new])
  const [from, to] = [stateLabel(seen), stateLabel(next)]
  const possible = ways.length ? `可变为${ways.map((way) => `“${way.zh}”`).join('、')}` : '办件已到终点'
  const possibleEn = ways.length
    ? `possible: ${ways.map((way) => `“${way.en}”`).join(', ')}`
    : 'the case is at its end'
  return problemOf(
    'move-forbidden',
    `不能从“${from.zh}”变为“${to.zh}”，${possible}`,
    `no move from “${from.en}” to “${to.en}”; ${possibleEn}`,
  )
}

function wrongActor(next: State, allowed: readonly Actor[]): Problem {
  const [label, who] = [STATE_LABELS[next], named(allowed)]
  return problemOf('wrong-actor', `“${label.zh}”只能由${who.zh}操作`, `only ${who.en} may set “${label.en}”`)
}

function named(actors: readonly Actor[]): Label {
  const labels = ACTORS.filter((actor) => actors.includes(actor)).map((actor) => ACTOR_LABELS[actor])
  return { zh: labels.map((one) => one.zh).join('或'), en: labels.map((one) => one.en).join(' or ') }
}

function problemOf(code: string, message: string, messageEn: string): Problem {
  return { pointer: POINTER, code, message, message_en: messageEn }
}
