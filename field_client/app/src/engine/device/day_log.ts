/**
 * The day's 民情日志, out of what was captured anyway: nothing is typed twice. A wording of the worker's own is kept as
 * a draft of the day; the text made of the records stays beside it.
 */
import type { DayLog } from '../api'
import { chineseDay } from '../forms/handling/explanation'
import { stateLabel } from '../forms/handling/states'
import { paceRounds, workerHouseholds } from '../grid_map/counting'
import { ROUND_ATTEMPTED, WORKER_HOUSEHOLD_DAY } from '../grid_map/counting_rules'
import { clockTime, countDay, type Day } from '../days'
import { VISIT_CLASSES } from '../grid_map/visit_classes'
import { occurredMs, roundFact, visitFact } from '../sync/counting_facts'
import { objects, text, texts } from '../field_values'
import type { FieldRecord } from '../sync/record'
import { caseworkDays, type CaseworkDay } from './casework_days'
import type { Core } from './core'
import { householdName } from '../household_name'
import { valueLabel } from './value_words'

const DAYS_MAX = 60
const NOTHING: CaseworkDay = { visits: [], cases: [], requests: [] }

export class DeviceDayLog implements DayLog {
  private made: { version: number; days: Map<Day, CaseworkDay> } | null = null

  constructor(private readonly core: Core) {}

  of(day: string): { day: string; text: string; wording: string | null; visits: number; cases: number } {
    const found = this.byDay().get(day) ?? NOTHING
    return {
      day,
      text: this.lines(day, found).join('\n'),
      wording: this.core.drafts.get<string>(draftName(day)) ?? null,
      visits: found.visits.length,
      cases: found.cases.length,
    }
  }

  async correct(day: string, wording: string | null): Promise<void> {
    if (wording === null) await this.core.drafts.forget(draftName(day))
    else await this.core.drafts.keep(draftName(day), wording)
  }

  days(limit = DAYS_MAX): string[] {
    return [...this.byDay().keys()].sort().reverse().slice(0, limit)
  }

  private byDay(): Map<Day, CaseworkDay> {
    if (this.made?.version !== this.core.version) {
      this.made = { version: this.core.version, days: caseworkDays(this.core) }
    }
    return this.made.days
  }

  private lines(day: Day, found: CaseworkDay): string[] {
    const { visits, cases, requests } = found
    const { name } = this.core.identity.worker
    const { rounds, households } = this.counts(day, visits)
    const all = [...visits, ...cases, ...requests]
    const waiting = all.filter((one) => this.core.view.waits(one.id)).length
    return [
      `民情日志　${chineseDay(day)}　${name}`,
      `走访${rounds}轮，入户${households}户（按本机登记${waiting > 0 ? `；其中${waiting}条待上传` : ''}）`,
      ...visits.flatMap((one) => this.visitLines(one)),
      ...cases.map((one) => this.caseLine(one)),
      ...requests.map((one) => `目录外诉求　${text(one.values, 'text')}`),
      ...(all.length === 0 ? ['当天没有登记'] : []),
      `计数规则：${WORKER_HOUSEHOLD_DAY.text.zh}`,
      `　　　　　${ROUND_ATTEMPTED.text.zh}`,
    ]
  }

  private counts(day: Day, visits: readonly FieldRecord[]): { rounds: number; households: number } {
    const { view, identity } = this.core
    const rounds = view
      .ofKind('round')
      .map(roundFact)
      .filter((one) => countDay(one.startedAtMs) === day)
    // a round may go on after midnight; it counts on the day it began
    const ids = new Set(rounds.map((one) => one.id))
    const facts = view
      .ofKind('visit')
      .map(visitFact)
      .filter((one) => one.round !== null && ids.has(one.round))
    return {
      rounds: paceRounds(rounds, facts, identity.worker.id).number,
      households: workerHouseholds(visits.map(visitFact), VISIT_CLASSES, identity.worker.id).number,
    }
  }

  private visitLines(visit: FieldRecord): string[] {
    const { values } = visit
    const outcome = text(values, 'outcome')
    const later = values.written_up_later ? '（补记）' : ''
    const names = texts(values, 'companions').map((one) => this.core.view.workerName(one))
    const together = names.length > 0 ? `　同行：${names.join('、')}` : ''
    const head = `${clockTime(occurredMs(visit))}　${this.where(visit)}　${worded('outcome', outcome)}`
    return [
      `${head}${later}${together}`,
      ...objects(values, 'findings').map((finding) => {
        const done = worded('disposition', text(finding, 'disposition'))
        const what = `${worded('finding/type', text(finding, 'type'))}：${text(finding, 'text')}`
        return `　　${what}${done ? `（${done}）` : ''}`
      }),
      ...(text(values, 'note') ? [`　　${text(values, 'note')}`] : []),
    ]
  }

  private where(visit: FieldRecord): string {
    const household = this.core.view.get(text(visit.values, 'household'))
    if (!household) return text(visit.values, 'place')
    return `${householdName(household)}　${text(household.values, 'address')}`
  }

  private caseLine(one: FieldRecord): string {
    const { values } = one
    const version = typeof values.item_version === 'number' ? values.item_version : 0
    const item = this.core.view.catalogue.item(text(values, 'item'), version)
    const resident = this.core.view.get(text(values, 'resident'))
    const person = resident ? text(resident.values, 'name') : text(values, 'applicant_name')
    return `办件　${item?.name ?? text(values, 'item')}　${person}　${stateLabel(text(values, 'state')).zh}`
  }
}

/** The log is written for the village's files: its values are in Chinese whatever language the screens have. */
function worded(field: string, value: string): string {
  return valueLabel(field, value)?.zh ?? value
}

function draftName(day: Day): string {
  return `day-log/${day}`
}
