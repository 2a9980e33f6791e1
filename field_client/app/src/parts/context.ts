/** For whom and during which visit something is looked for: carried in a page's query from page to page. */
import type { LocationQuery } from 'vue-router'

export interface Context {
  household?: string
  resident?: string
  visit?: string
}

export function contextOf(query: LocationQuery): Context {
  const context: Context = {}
  for (const name of ['household', 'resident', 'visit'] as const) {
    const value = query[name]
    if (typeof value === 'string' && value) context[name] = value
  }
  return context
}
