import { i18n } from '@/i18n'

/** A kind of record as people call it; a kind that a newer server brought is told as such. */
export function kindName(kind: string): string {
  const { t, te } = i18n.global
  return te(`me.kinds.${kind}`) ? t(`me.kinds.${kind}`) : t('me.otherKind', { kind })
}
