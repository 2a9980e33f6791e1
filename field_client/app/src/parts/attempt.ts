/** Whatever a tap begins goes through `attempt`: what goes wrong is told in the worker's words, with the way on. */
import { FieldError, Refused } from '@/engine/errors'
import { i18n } from '@/i18n'
import { settings } from '@/settings'
import { tellInDialog } from './asking'

/** What `act` gives; undefined where it went wrong, which was told. */
export async function attempt<T>(act: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    void tell(error)
    return undefined
  }
}

/** A message and the next step, as lines. */
export function explained(error: unknown): { title: string; next: string } {
  const { t } = i18n.global
  if (!(error instanceof FieldError)) {
    return { title: t('shell.odd'), next: `${t('shell.oddNext')}\n${t('shell.code')} ${codeOf(error)}` }
  }
  const english = settings.language === 'en'
  const next = english ? error.nextEn || error.next : error.next
  if (error instanceof Refused) {
    const lines = error.problems.map((one) => (english ? one.message_en || one.message : one.message))
    return { title: [...new Set(lines)].join('\n'), next }
  }
  return { title: english ? error.en : error.zh, next }
}

/** For errors that no tap waited for: told once, never shown by their text. Fulfilled when it was read. */
export async function reportOdd(error: unknown): Promise<void> {
  await tell(error)
}

let telling = false

async function tell(error: unknown): Promise<void> {
  if (telling) return
  telling = true
  const { title, next } = explained(error)
  try {
    await tellInDialog({ title, message: next, confirmButtonText: i18n.global.t('shell.ok') })
  } finally {
    telling = false
  }
}

/** A short code to tell on the phone: the kind of error and where it came from, nothing that was typed. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'E0'
  // a built file ends in a hash of its content, which says both the file and the version
  const place = /([\w-]{8})\.(?:js|ts|vue)[^:]*:(\d+):(\d+)/.exec(error.stack ?? '')
  return place ? `${error.name}-${place[1]}-${place[2]}-${place[3]}` : error.name
}
