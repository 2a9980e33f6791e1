/** What a handed-in file brought, in words: 新收到 12 条，已有 3 条。 */
import type { HandedIn } from '@/engine/api'
import { i18n } from '@/i18n'
import './words'

export function resultWords(result: HandedIn): string {
  const { t } = i18n.global
  const parts = [t('rescue.fresh', { count: result.fresh }), t('rescue.known', { count: result.known })]
  const more: [string, number][] = [
    ['rescue.held', result.held],
    ['rescue.filesFresh', result.filesFresh],
    ['rescue.filesKnown', result.filesKnown],
    ['rescue.unreadable', result.unreadable],
  ]
  for (const [key, count] of more) if (count > 0) parts.push(t(key, { count }))
  return `${parts.join(t('rescue.separator'))}${t('rescue.stop')}`
}
