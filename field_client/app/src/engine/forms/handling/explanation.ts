/** How a promised date was reached, in a sentence for the resident and the worker; of `forms/handling/explanation.py`. */
import data from '../../data/handling.json'
import type { Label } from '../../problem'
import type { Item } from '../catalogue'
import type { Milestones } from './clocks'
import { HANDOVER_KEY, type PromisedDate, type StageDue } from './limits'

const { caveats } = data

/** The promise of such a case in Chinese and English; every caveat that it carries is in it. */
export function explain(item: Pick<Item, 'limit'>, milestones: Milestones, promised: PromisedDate): Label {
  const parts = [...theDate(item, milestones, promised)]
  if (promised.tentative) parts.push(caveats.tentative)
  if (promised.demonstration) parts.push(caveats.demonstration)
  return {
    zh: parts.map((part) => part.zh).join('；') + '。',
    en: parts.map((part) => part.en || part.zh).join('; ') + '.',
  }
}

/** A day as it is said: 2026年11月23日. */
export function chineseDay(day: string): string {
  const [year, month, date] = day.split('-').map(Number)
  return `${year}年${month}月${date}日`
}

function theDate(item: Pick<Item, 'limit'>, milestones: Milestones, promised: PromisedDate): Label[] {
  const { kind, dueOn, stages } = promised
  if (kind === 'none') {
    return [(item.limit.statutory ?? true) ? caveats.unknown_limit : caveats.not_statutory]
  }
  if (kind === 'immediate') return [dueOn === null ? { zh: '即办', en: 'at once' } : atOnce(dueOn)]
  const end = dueOn === null ? caveats.stopped : ending(promised, dueOn)
  return [beginning(milestones), ...stages.map(stageText), end]
}

function atOnce(dueOn: string): Label {
  return { zh: `即办，${chineseDay(dueOn)}`, en: `at once, ${dueOn}` }
}

function beginning({ receivedOn, handedUpOn, acceptedOn }: Milestones): Label {
  if (acceptedOn !== null) {
    return { zh: `${chineseDay(acceptedOn)}部门受理`, en: `accepted by the department on ${acceptedOn}` }
  }
  if (handedUpOn !== null) {
    return { zh: `${chineseDay(handedUpOn)}村社报送`, en: `handed up by the village on ${handedUpOn}` }
  }
  return {
    zh: `${chineseDay(receivedOn)}收件，当日不计`,
    en: `received on ${receivedOn}, a day that is not counted`,
  }
}

function stageText(stage: StageDue): Label {
  const counting = data.counting_labels[stage.counting]
  const name = stage.key === HANDOVER_KEY ? 'handover to the town' : stage.name
  const [until, untilEn] =
    stage.dueOn === null ? ['', ''] : [`，至${chineseDay(stage.dueOn)}`, `, until ${stage.dueOn}`]
  return {
    zh: `${stage.name}${stage.days}个${counting.zh}${until}`,
    en: `${name}: ${stage.days} ${counting.en}${untilEn}`,
  }
}

function ending(promised: PromisedDate, dueOn: string): Label {
  if (promised.kind === 'expected') {
    return {
      zh: `预计${chineseDay(dueOn)}前办结，以部门受理为准`,
      en: `expected by ${dueOn}, subject to the department's acceptance`,
    }
  }
  return { zh: `${chineseDay(dueOn)}前办结`, en: `due by ${dueOn}` }
}
