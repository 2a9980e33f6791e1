/** The page on which a record is shown, where there is one and the record is here. */
import type { Device } from '@/engine/api'

const PAGES: Record<string, string> = {
  household: '/household',
  resident: '/resident',
  visit: '/visit',
  case: '/case',
  task: '/task',
  conflict: '/conflict',
}

export function pageOf(kind: string, record: string, device: Device): string | null {
  const begin = PAGES[kind]
  return begin && device.view.get(record) ? `${begin}/${record}` : null
}
