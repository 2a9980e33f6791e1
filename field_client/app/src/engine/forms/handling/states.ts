/** The states a case can be in, who may move it, and the words that people see; the twin of `forms/handling/states.py`. */
import tables from '../../data/workflows.json'
import type { Label } from '../../problem'

export type State = keyof typeof tables.state_labels
/** In what capacity somebody makes a move; one person may have several at once. */
export type Actor = keyof typeof tables.actor_labels

export const STATE_LABELS: Readonly<Record<State, Label>> = tables.state_labels
export const ACTOR_LABELS: Readonly<Record<Actor, Label>> = tables.actor_labels
/** In the order of the table, as refusals name them. */
export const ACTORS: readonly Actor[] = ['worker', 'window', 'town_clerk']

/** Whether a text is the name of a state. */
function isState(value: unknown): value is State {
  return typeof value === 'string' && Object.hasOwn(STATE_LABELS, value)
}

/** What a state is called; a state that this program does not know is called by its name. */
export function stateLabel(state: string): Label {
  return isState(state) ? STATE_LABELS[state] : { zh: state, en: state }
}
