import { describe, expect, it } from 'vitest'
import type { VisitDraft } from '../../src/engine/api'
import { findingsOf } from '../../src/screens/visit/findings'
import { missing, withOutcome } from '../../src/screens/visit/ready'
import { summaryOf, visitsOfDay } from '../../src/screens/round/summary'
import type { Fields } from '../../src/engine/field_values'
import type { FieldRecord } from '../../src/engine/sync/record'

const DRAFT: VisitDraft = {
  id: 'visit',
  household: 'household',
  place: null,
  grid: null,
  started_at: '2026-11-23T09:00:00+08:00',
  occurred_at: null,
  ended_at: null,
  outcome: 'met',
  met: ['resident'],
  companions: [],
  purposes: [],
  findings: [],
  disposition: null,
  note: '',
  item: null,
  answers: {},
  cases: [],
  location: null,
  signature: null,
  follow_up: null,
}

describe('whether a visit can be finished', () => {
  it('asks what was found where somebody was met, until 无异常 or something is said', () => {
    expect(missing(DRAFT, false)).toEqual(['what'])
    expect(missing(DRAFT, true)).toEqual([])
    expect(missing({ ...DRAFT, note: '老人腿脚不便' }, false)).toEqual([])
    expect(missing({ ...DRAFT, cases: ['case'] }, false)).toEqual([])
  })

  it('asks nothing more after 未遇 or a call', () => {
    expect(missing({ ...DRAFT, outcome: 'not_home', met: [] }, false)).toEqual([])
    expect(missing({ ...DRAFT, outcome: 'phone' }, false)).toEqual([])
  })

  it('wants words for a finding, and a place where there is no household', () => {
    const finding = { id: 'f', type: 'fire' as const, text: ' ', disposition: null }
    expect(missing({ ...DRAFT, findings: [finding] }, false)).toEqual(['finding_text'])
    expect(missing({ ...DRAFT, household: null, place: ' ' }, true)).toEqual(['place'])
  })

  it('has nobody met where nobody was spoken to, and the likely one again when somebody was', () => {
    const notHome = withOutcome(DRAFT, 'not_home', ['resident'])
    expect(notHome.met).toEqual([])
    expect(withOutcome(notHome, 'phone', ['resident']).met).toEqual(['resident'])
  })
})

function visit(id: string, values: Fields): FieldRecord {
  return { id, kind: 'visit', village: 'v', by: 'me', created: ['', 'd'], origin: ['d', 1], values }
}

describe('the day’s visits', () => {
  const visits = [
    visit('1', { worker: 'me', household: 'a', outcome: 'met', started_at: '2026-11-23T09:00:00+08:00' }),
    visit('2', {
      worker: 'other',
      companions: ['me'],
      household: 'a',
      outcome: 'not_home',
      started_at: '2026-11-23T10:00:00+08:00',
      findings: [{ id: 'f', type: 'fire', text: '乱拉电线', disposition: 'reported' }],
      cases: ['case'],
    }),
    visit('3', { worker: 'other', household: 'b', outcome: 'met', started_at: '2026-11-23T10:00:00+08:00' }),
    visit('4', { worker: 'me', household: 'b', outcome: 'met', started_at: '2026-11-22T23:59:00+08:00' }),
  ]

  it('are my own and those that I came along to, the latest first', () => {
    expect(visitsOfDay(visits, 'me', '2026-11-23').map((one) => one.id)).toEqual(['2', '1'])
  })

  it('count a household once', () => {
    expect(summaryOf(visitsOfDay(visits, 'me', '2026-11-23'))).toEqual({
      visits: 2,
      households: 1,
      findings: 1,
      cases: 1,
      byOutcome: [
        { outcome: 'met', number: 1 },
        { outcome: 'not_home', number: 1 },
      ],
    })
  })

  it('show a finding of an unknown kind as 其他', () => {
    const [finding] = findingsOf({ findings: [{ id: 'f', type: 'flood', text: '积水' }] })
    expect(finding).toEqual({ id: 'f', type: 'other', text: '积水', disposition: null })
  })
})
