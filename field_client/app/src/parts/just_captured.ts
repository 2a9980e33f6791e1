/** What the capture of a case remarked, to be shown once on the case's page. */
import { shallowRef } from 'vue'
import type { Problem } from '@/engine/problem'

interface JustCaptured {
  record: string
  remarks: readonly Problem[]
  atMs: number
}

const last = shallowRef<JustCaptured | null>(null)

export function tellCaptured(captured: JustCaptured): void {
  last.value = captured
}

export function justCaptured(record: string): JustCaptured | null {
  return last.value?.record === record ? last.value : null
}
