/** How a case stands to its dates today, in words: never by colour alone. */
import type { TimeLight } from '../api'
import type { Item } from '../forms/catalogue'
import { handoverLatest, type Milestones } from '../forms/handling/clocks'
import { dayInShanghai } from '../days'
import { handoverLight, lightOf, LIGHT_LABELS, type Light } from '../forms/handling/light'
import type { PromisedDate } from '../forms/handling/limits'
import { stateLabel } from '../forms/handling/states'
import { isOpen } from '../forms/handling/workflow'
import type { Label } from '../problem'
import { text } from '../field_values'
import type { FieldRecord } from '../sync/record'
import type { Core } from './core'

const STATES = { none: 'none', on_time: 'on_time', near: 'soon', late: 'late' } as const
const IN_VILLAGE: readonly string[] = ['entrusted', 'received']
const PAUSED: TimeLight = { state: 'paused', text: { zh: '暂停计时', en: 'the clock stands' } }
const TENTATIVE: Label = { zh: '（暂定）', en: ' (tentative)' }

/** The light of a case: of what is still before it, or for one that is decided, whether that was in time. */
export function timeLight(
  core: Core,
  item: Item,
  record: FieldRecord,
  milestones: Milestones,
  promised: PromisedDate,
): TimeLight {
  const state = text(record.values, 'state')
  if (record.void) return { state: 'none', text: { zh: '已撤销', en: 'voided' } }
  if (!isOpen(item.mode, state)) return settledLight(core, record, promised)
  if (promised.stopped) return PAUSED
  const today = core.today()
  const handover = inVillage(item, state) ? handoverLight(milestones.receivedOn, today, core.calendar) : null
  if (handover === 'late') return lateHandover(core, milestones)
  const light = lightOf(promised, today, core.calendar)
  if (handover === 'near' && light !== 'late') return nearHandover(core, milestones)
  return { state: STATES[light], text: remaining(core, light, promised) }
}

function inVillage(item: Item, state: string): boolean {
  return item.mode === 'proxy' && IN_VILLAGE.includes(state)
}

function settledLight(core: Core, record: FieldRecord, promised: PromisedDate): TimeLight {
  const decided = text(record.values, 'decided_at')
  const label = stateLabel(text(record.values, 'state'))
  const light = decided ? lightOf(promised, core.today(), core.calendar, dayInShanghai(decided)) : 'none'
  if (light === 'none') return { state: 'none', text: label }
  const words: Label =
    light === 'late' ? { zh: '超期办结', en: 'settled late' } : { zh: '时限内办结', en: 'settled in time' }
  return { state: STATES[light], text: { zh: `${label.zh}，${words.zh}`, en: `${label.en}, ${words.en}` } }
}

function lateHandover(core: Core, { receivedOn }: Milestones): TimeLight {
  const latest = handoverLatest(receivedOn, core.calendar).day
  return {
    state: 'late',
    text: {
      zh: `超期未报送，最迟应在${dayText(latest)}`,
      en: `not handed up; it should have been by ${latest}`,
    },
  }
}

function nearHandover(core: Core, { receivedOn }: Milestones): TimeLight {
  const latest = handoverLatest(receivedOn, core.calendar).day
  return {
    state: 'soon',
    text: { zh: `最迟${dayText(latest)}报送`, en: `to be handed up by ${latest}` },
  }
}

/** 时限内，还有5个工作日（暂定） */
function remaining(core: Core, light: Light, promised: PromisedDate): Label {
  const label = LIGHT_LABELS[light]
  if (light === 'none' || promised.dueOn === null) return label
  const count = core.calendar.workingDaysBetween(core.today(), promised.dueOn)
  const days = Math.abs(count.days)
  const mark = promised.tentative || count.tentative ? TENTATIVE : { zh: '', en: '' }
  const left: Label =
    light === 'late'
      ? { zh: `${days}个工作日`, en: `by ${days} working days` }
      : days === 0
        ? { zh: '，今天到期', en: ', due today' }
        : { zh: `，还有${days}个工作日`, en: `, ${days} working days left` }
  return {
    zh: `${label.zh}${left.zh}${mark.zh}`,
    en: light === 'late' ? `${label.en} ${left.en}${mark.en}` : `${label.en}${left.en}${mark.en}`,
  }
}

/** 12月14日 */
function dayText(day: string): string {
  return `${Number(day.slice(5, 7))}月${Number(day.slice(8, 10))}日`
}
