/**
 * Voiding a case with a way back. A void that was captured cannot be taken back (docs/protocol.md), so it is captured
 * some seconds after it was asked for; until then it is kept as a draft, which a closed browser does not lose.
 */
import { computed, shallowRef } from 'vue'
import type { Device } from '@/engine/api'
import { attempt } from '@/parts/attempt'

const DRAFT = 'case-voids'
const LATER_MS = 8000

interface Asked {
  reason: string
  asked_ms: number
}
type Voids = Record<string, Asked>

const pending = shallowRef<Voids>({})
const timers = new Map<string, ReturnType<typeof setTimeout>>()

/** Whether a case is about to be voided. */
export function isBeingVoided(record: string) {
  return computed(() => record in pending.value)
}

/** Ask for it; gives the way back. */
export async function voidLater(
  device: Device,
  record: string,
  reason: string,
): Promise<() => Promise<void>> {
  await keep(device, { ...kept(device), [record]: { reason, asked_ms: device.nowMs() } })
  timers.set(
    record,
    setTimeout(() => void attempt(() => voidNow(device, record)), LATER_MS),
  )
  return async () => {
    clearTimeout(timers.get(record))
    timers.delete(record)
    await forget(device, record)
  }
}

/** What an earlier life of this page left: asked for and not captured any more. */
export async function finishVoiding(device: Device): Promise<void> {
  for (const record of Object.keys(kept(device))) {
    if (!timers.has(record)) await attempt(() => voidNow(device, record))
  }
}

async function voidNow(device: Device, record: string): Promise<void> {
  const asked = kept(device)[record]
  timers.delete(record)
  if (!asked || device.phase !== 'open') return
  const here = device.view.get(record)
  if (here && !here.void) await device.cases.void(record, asked.reason)
  await forget(device, record)
}

function kept(device: Device): Voids {
  return device.drafts.get<Voids>(DRAFT) ?? {}
}

async function forget(device: Device, record: string): Promise<void> {
  await keep(device, Object.fromEntries(Object.entries(kept(device)).filter(([key]) => key !== record)))
}

async function keep(device: Device, voids: Voids): Promise<void> {
  pending.value = voids
  if (Object.keys(voids).length) await device.drafts.keep(DRAFT, voids)
  else await device.drafts.forget(DRAFT)
}
