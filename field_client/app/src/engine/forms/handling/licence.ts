/**
 * Licences (行政许可): missing materials are told once, in full, within 5 working days, or the case counts as accepted from
 * receipt (行政许可法 art. 32 and 82). The twin of `forms/handling/licence.py`. Days are ISO texts.
 */
import type { Label } from '../../problem'
import type { Item } from '../catalogue'
import type { WorkingCalendar } from './calendar'
import { LIMIT_RULES } from './clocks'

const LAW = '《行政许可法》第三十二条'

/** Until when missing materials may be told. `acceptedOn` is set where silence made it accepted. */
export interface LicenceClock {
  tellBy: string
  /** Counted across an unpublished year: nothing is concluded from it. */
  tentative: boolean
  acceptedOn: string | null
  explanation: Label
}

/** The clock of a licence application; null for an item that is no licence. `toldOn`: when all that is missing was told. */
export function licenceClock(
  item: Pick<Item, 'licence'>,
  receivedOn: string,
  toldOn: string | null,
  today: string,
  calendar: WorkingCalendar,
): LicenceClock | null {
  if (!item.licence) return null
  const { day: tellBy, tentative } = calendar.addWorkingDays(receivedOn, LIMIT_RULES.licence_notice_days)
  const silent = !tentative && (toldOn ?? today) > tellBy
  return {
    tellBy,
    tentative,
    acceptedOn: silent ? receivedOn : null,
    explanation: silent
      ? bySilence(receivedOn, tellBy)
      : toldOn !== null && !tentative
        ? answered(toldOn, tellBy)
        : toBeTold(receivedOn, tellBy, tentative),
  }
}

function bySilence(receivedOn: string, tellBy: string): Label {
  return {
    zh: `至${tellBy}未一次性告知补正内容，依${LAW}自${receivedOn}收件之日起视为受理。`,
    en: `What was missing was not told by ${tellBy}: accepted from receipt on ${receivedOn} (Administrative Licence Law, art. 32).`,
  }
}

function answered(toldOn: string, tellBy: string): Label {
  return {
    zh: `已于${toldOn}答复，期限为${tellBy}（${LAW}）。`,
    en: `Answered on ${toldOn}, within the limit of ${tellBy} (art. 32).`,
  }
}

function toBeTold(receivedOn: string, tellBy: string, tentative: boolean): Label {
  const [mark, markEn] = tentative ? ['（暂定）', ' (tentative)'] : ['', '']
  return {
    zh: `材料不齐全的，最迟${tellBy}${mark}一次性告知，逾期视为自${receivedOn}起受理（${LAW}）。`,
    en: `Missing materials must be told once, in full, by ${tellBy}${markEn}, else the case counts as accepted from ${receivedOn} (art. 32).`,
  }
}
