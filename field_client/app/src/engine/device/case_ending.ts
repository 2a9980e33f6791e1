/** How a case ends where it is captured: finished with its result, or 待联办, in the same capture as its beginning. */
import type { Item, Mode } from '../forms/catalogue'
import type { State } from '../forms/handling/states'
import type { Problem } from '../problem'
import type { Fields } from '../field_values'
import type { Draft } from './core'

/** `finish`: done here, with this result; `online`: a department's system is needed. */
export interface Ending {
  finish?: string
  online?: boolean
}

/** The state into which a case goes that ends where it is captured; a mode without one cannot end there. */
const FINISHED_AS: Readonly<Partial<Record<Mode, State>>> = {
  direct: 'finished',
  assist: 'finished',
  report: 'answered',
  inform: 'informed',
}

/** The move that ends a case where it is captured; none where it goes on from its beginning. */
export function endingOf(item: Item, record: string, village: string, ending: Ending): Draft[] {
  const fields: Fields | null =
    ending.finish !== undefined
      ? { state: FINISHED_AS[item.mode] ?? '', result: ending.finish.trim() }
      : ending.online
        ? { state: 'awaiting_online' }
        : null
  return fields ? [{ kind: 'case', village, action: 'change', record, fields }] : []
}

/** What is wrong with an ending: no result, or an item that only its department finishes. */
export function endingProblems(item: Item, ending: Ending): Problem[] {
  if (ending.finish === undefined) return []
  if (FINISHED_AS[item.mode] === undefined) {
    return [
      {
        pointer: '/result',
        code: 'not-at-doorstep',
        message: '代办事项由部门办结，不能当场办结',
        message_en: 'a proxy item is finished by its department',
      },
    ]
  }
  if (ending.finish.trim()) return []
  return [
    { pointer: '/result', code: 'required', message: '请写明办理结果', message_en: 'say what the result is' },
  ]
}

/** Why an item that is recorded inside a visit is no case. */
export function visitItem(item: Item): Problem {
  return {
    pointer: '/item',
    code: 'visit-item',
    message: `“${item.name}”在入户时随走访登记，不另立办件`,
    message_en: 'this item is recorded inside a visit',
  }
}

/** Why a draft cannot become a case again. */
export function capturedBefore(): Problem {
  return {
    pointer: '',
    code: 'record-exists',
    message: '这件已经登记了',
    message_en: 'it is captured already',
  }
}
