/** A visit that met somebody answers the reminder to come again, which 未遇 had left: ended if the worker says so. */
import type { Device, VisitDraft } from '@/engine/api'
import type { FieldRecord } from '@/engine/sync/record'
import { i18n } from '@/i18n'
import { ask } from '@/parts/asking'
import { text } from '@/parts/plain'

/** The open reminders of a household, by their titles in either language. `where`: its name as screens show it. */
function openReminders(device: Device, household: string | null, where: string): FieldRecord[] {
  const titles = (['zh', 'en'] as const).map((locale) =>
    i18n.global.t('visit.again_title', { where }, { locale }),
  )
  return device.settling
    .tasks()
    .filter(({ values }) => values.household === household && titles.includes(text(values.title)))
}

/** Asks once, and ends them. Answers the tasks that were ended. */
export async function endReminders(
  device: Device,
  finished: VisitDraft,
  where: string,
): Promise<readonly string[]> {
  const open = finished.outcome === 'met' ? openReminders(device, finished.household, where) : []
  const [first] = open
  if (!first) return []
  const { t } = i18n.global
  const agreed = await ask({
    message: t('visit.again_open', { title: text(first.values.title) }),
    confirmButtonText: t('visit.again_end'),
    cancelButtonText: t('visit.again_leave'),
  })
  if (!agreed) return []
  for (const one of open) await device.settling.finishTask(one.id)
  return open.map((one) => one.id)
}
