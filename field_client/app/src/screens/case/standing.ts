/** The case list in its parts: what waits for me, what is under way, what is finished. */
import type { CaseSheet } from '@/engine/api'

export interface Standing {
  waiting: CaseSheet[]
  underWay: CaseSheet[]
  finished: CaseSheet[]
}

const URGENCY = { late: 0, soon: 1, paused: 3, on_time: 2, none: 4 } as const

/** Sheets in their parts: what is late first, then by their promised day; what is finished, the latest first. */
export function standingOf(sheets: readonly CaseSheet[]): Standing {
  const seen = new Map(sheets.map((one) => [one.record.id, one]))
  const all = [...seen.values()]
  const open = all.filter((one) => one.isOpen || one.waitsFor === 'me').sort(byUrgency)
  return {
    waiting: open.filter((one) => one.waitsFor === 'me'),
    underWay: open.filter((one) => one.waitsFor !== 'me'),
    finished: all
      .filter((one) => !one.isOpen && one.waitsFor !== 'me')
      .sort((one, other) => capturedAt(other).localeCompare(capturedAt(one))),
  }
}

/** Whether a sheet answers to what was typed: every word in its item, applicant, number, state. */
export function matches(sheet: CaseSheet, query: string): boolean {
  const words = query.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean)
  const text = [
    sheet.itemName,
    sheet.applicant.name,
    sheet.applicant.phone,
    sheet.receipt ?? '',
    (sheet.receipt ?? '').replaceAll('-', ''),
    sheet.state.zh,
    sheet.state.en ?? '',
    ...(sheet.item?.aliases ?? []),
  ]
    .join('\n')
    .toLowerCase()
  return words.every((word) => text.includes(word))
}

function byUrgency(one: CaseSheet, other: CaseSheet): number {
  return (
    URGENCY[one.light.state] - URGENCY[other.light.state] ||
    (one.promise?.dueOn ?? '9999').localeCompare(other.promise?.dueOn ?? '9999') ||
    capturedAt(one).localeCompare(capturedAt(other))
  )
}

function capturedAt(sheet: CaseSheet): string {
  const at = sheet.record.values['captured_at']
  return typeof at === 'string' ? at : ''
}
