/**
 * What each kind of record allows beyond the types of its fields; a kind without a rule here has none on a
 * phone (the day's signatures are the window's, and judged by the server).
 */
import { judgeCase } from './cases'
import type { Context } from './context'
import { judgeHousehold, judgeResident } from './people'
import { judgeConflict, judgeDuplicate } from './settling'
import { judgeAssignment, judgeRota } from './village'
import { judgeReading, judgeRound, judgeVisit } from './visits'

export const RULES: Readonly<Record<string, ((context: Context) => void) | undefined>> = {
  household: judgeHousehold,
  resident: judgeResident,
  round: judgeRound,
  visit: judgeVisit,
  reading: judgeReading,
  case: judgeCase,
  conflict: judgeConflict,
  duplicate: judgeDuplicate,
  rota: judgeRota,
  assignment: judgeAssignment,
}
