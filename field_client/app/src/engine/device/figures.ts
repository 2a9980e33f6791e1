/**
 * The worker's own figures, each with its named rule and with what it counted: rounds of this year and their pace,
 * household visits of this month, due and overdue households. Nobody's but the worker's own are made here.
 */
import type { Figure, Figures } from '../api'
import { paceRounds, workerHouseholds, type VisitFact } from '../grid_map/counting'
import { HOUSEHOLD_DAY, type Count } from '../grid_map/counting_rules'
import { countDay, type Day } from '../days'
import { DEFAULT_TARGET, yearlyPace, type Pace } from '../grid_map/pace'
import { VISIT_CLASSES } from '../grid_map/visit_classes'
import type { Label } from '../problem'
import { occurredDay, roundFact, visitFact } from '../sync/counting_facts'
import { text } from '../field_values'
import { isOwnCase } from './casework_days'
import { assignmentsOf, availabilityOf, knownSince } from './availability'
import type { Core } from './core'
import { SOON_DAYS, type DueList, type HouseholdDue } from './due'
import { householdTitle, visitTitle } from './titles'

const DUE_RULE: Label = {
  zh:
    '到期：按走访类别的周期（半年、月、周），周期最后一天之前有一次计数的走访即可，过了最后一天为逾期；' +
    '特殊事件后 24 小时内走访。',
  en:
    'Due by the period of the visit class (half-year, month, week): one counted visit up to its last day is enough, ' +
    'after it the household is overdue; within 24 hours of a special event. ',
}

export class DeviceFigures implements Figures {
  private made: { version: number; today: Day; figures: Figure[] } | null = null

  constructor(
    private readonly core: Core,
    private readonly dueList: DueList,
  ) {}

  mine(): Figure[] {
    const [version, today] = [this.core.version, this.core.today()]
    if (this.made?.version !== version || this.made.today !== today) {
      this.made = { version, today, figures: this.make(today) }
    }
    return this.made.figures
  }

  today(): { rounds: number; households: number; cases: number } {
    const today = this.core.today()
    const worker = this.core.identity.worker.id
    return {
      rounds: this.rounds(today).number,
      households: this.householdVisits(today).number,
      cases: this.core.view
        .ofKind('case')
        .filter((one) => isOwnCase(one, worker) && occurredDay(one) === today).length,
    }
  }

  private make(today: Day): Figure[] {
    const due = this.dueList.urgent()
    const overdue = due.filter((one) => this.dueList.overdue(one))
    return [
      this.roundsOfYear(today),
      this.visitsOfMonth(today),
      this.dueFigure(
        'due_households',
        { zh: `${SOON_DAYS}天内到期`, en: `due within ${SOON_DAYS} days` },
        due.filter((one) => !overdue.includes(one)),
      ),
      this.dueFigure('overdue_households', { zh: '已逾期', en: 'overdue' }, overdue),
    ]
  }

  private roundsOfYear(today: Day): Figure {
    const count = this.rounds(today.slice(0, 4))
    const since = knownSince(this.core, today.slice(0, 4))
    const pace = this.pace(today, since, count)
    return {
      key: 'rounds_of_year',
      label: { zh: '今年走访', en: 'rounds this year' },
      number: count.number,
      of: pace.yearTarget === null ? null : Math.round(pace.yearTarget),
      note: paceNote(pace, since),
      rule: { key: count.rule.key, text: count.rule.text },
      explained: this.explained(count),
    }
  }

  private visitsOfMonth(today: Day): Figure {
    const count = this.householdVisits(today.slice(0, 7))
    return {
      key: 'household_visits_of_month',
      label: { zh: '本月入户', en: 'household visits this month' },
      number: count.number,
      rule: { key: count.rule.key, text: count.rule.text },
      explained: this.explained(count),
    }
  }

  private dueFigure(key: string, label: Label, households: readonly HouseholdDue[]): Figure {
    return {
      key,
      label,
      number: households.length,
      rule: {
        key: HOUSEHOLD_DAY.key,
        text: { zh: `${DUE_RULE.zh}${HOUSEHOLD_DAY.text.zh}`, en: `${DUE_RULE.en}${HOUSEHOLD_DAY.text.en}` },
      },
      explained: households.map(({ household, due, lastCounted }) => ({
        record: household.id,
        day: due.lastDay,
        counted: true,
        reason: {
          zh: `最晚 ${due.lastDay}；${lastCounted ? `上次计数 ${lastCounted}` : '还没有计数的走访'}`,
          en: `until ${due.lastDay}; ${lastCounted ? `last counted ${lastCounted}` : 'no visit has counted yet'}`,
        },
        title: householdTitle(household),
      })),
    }
  }

  /** Rounds that began within a year, month or day, told by the beginning of its ISO day. */
  private rounds(within: string): Count {
    const all = this.core.view.ofKind('round', true).map(roundFact)
    const rounds = all.filter((one) => countDay(one.startedAtMs).startsWith(within))
    const [known, chosen] = [new Set(all.map((one) => one.id)), new Set(rounds.map((one) => one.id))]
    // a visit goes with its round, whose day decides; one whose round is not here goes by its own day; one that was
    // never of a round (taken over from a paper register) adds nothing
    const visits = this.facts().filter(
      ({ round, occurredAtMs }) =>
        round !== null && (known.has(round) ? chosen.has(round) : countDay(occurredAtMs).startsWith(within)),
    )
    return paceRounds(rounds, visits, this.core.identity.worker.id)
  }

  private householdVisits(within: string): Count {
    const visits = this.facts().filter((one) => countDay(one.occurredAtMs).startsWith(within))
    return workerHouseholds(visits, VISIT_CLASSES, this.core.identity.worker.id)
  }

  private facts(): VisitFact[] {
    return this.core.view.ofKind('visit', true).map(visitFact)
  }

  private pace(today: Day, since: Day, count: Count): Pace {
    const { calendar } = this.core
    const done = new Map<string, number>()
    for (const { id, counted } of count.explained) {
      const village = this.core.view.get(id)?.village
      if (counted && village !== undefined) done.set(village, (done.get(village) ?? 0) + 1)
    }
    return yearlyPace(
      DEFAULT_TARGET,
      assignmentsOf(this.core, since),
      availabilityOf(this.core, today.slice(0, 4)),
      (day) => (calendar.covers(day) ? calendar.assumeWorkingDay(day) : null),
      today,
      done,
    )
  }

  private explained(count: Count): Figure['explained'] {
    return count.explained.map(({ id, day, counted, reason }) => ({
      record: id,
      day,
      counted,
      reason: reason.text,
      title: this.titleOf(id),
    }))
  }

  private titleOf(id: string): string {
    const record = this.core.view.get(id)
    if (record?.kind === 'round') return this.core.view.gridName(record.grid ?? text(record.values, 'grid'))
    return record ? visitTitle(this.core, record) : ''
  }
}

/** A yearly figure in words, never a quota of a day. */
function paceNote(pace: Pace, since: Day): Label {
  const { expected, yearTarget } = pace
  if (expected === null || yearTarget === null) {
    return {
      zh: '今年的放假安排还没有公布，暂不计年度节奏',
      en: 'the working days of this year are not published; no pace yet',
    }
  }
  const soFar = pace.villages.reduce((sum, one) => sum + one.daysSoFar, 0)
  const all = pace.villages.reduce((sum, one) => sum + one.daysOfYear, 0)
  const days = { soFar: Math.round(soFar), all: Math.round(all) }
  const whole = since.endsWith('-01-01')
  return {
    zh:
      `${whole ? '' : `自 ${since} 有记录起，`}按全年节奏，到今天约 ${Math.round(expected)} 轮（可走访 ${days.soFar} 天，到年底共 ${days.all} 天；` +
      `窗口、休假和节假日不算${pace.estimated ? '；未排班的日子为估计' : ''}）`,
    en:
      `${whole ? '' : `since ${since}, when records begin, `}by the year's pace about ${Math.round(expected)} by today (${days.soFar} of ${days.all} available days; ` +
      `window, leave and holidays aside${pace.estimated ? '; days without a rota are assumed' : ''})`,
  }
}
