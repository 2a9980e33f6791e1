/** A case captured during a visit is named by that visit. */
import type { Device } from '@/engine/api'

export async function linkVisit(device: Device, visit: string | null, record: string): Promise<void> {
  const draft = device.visits.open().find((one) => one.id === visit)
  if (!draft || draft.cases.includes(record)) return
  await device.visits.keep({ ...draft, cases: [...draft.cases, record] })
}
