import { i18n } from '@/i18n'

/** A kind of record as people call it; a kind that a newer server brought is told as such. */
export function kindName(kind: string): string {
  const { t, te } = i18n.global
  return te(`me.kinds.${kind}`) ? t(`me.kinds.${kind}`) : t('me.otherKind', { kind })
}

const FIRST = ['household', 'resident', 'visit', 'round', 'case', 'task', 'request', 'conflict', 'duplicate']

/** What a worker thinks of first stands first; what the catalogue and the village bring with them follows. */
export function kindRank(kind: string): number {
  const at = FIRST.indexOf(kind)
  return at < 0 ? FIRST.length : at
}
