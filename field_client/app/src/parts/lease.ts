/** How long this phone may still be without contact, in words. */
import type { Reading } from '@/engine/api'

type Words = (key: string, named?: Record<string, unknown>) => string

export function leaseInWords({ why, lease }: Reading, t: Words): string {
  if (why === 'locked') return t('me.leaseLocked')
  if (lease.left === null) return t('me.leaseUnknown')
  if (lease.left < 0) return t('me.leaseOver')
  const words = lease.left === 0 ? t('me.leaseToday') : t('me.leaseLeft', { n: lease.left })
  return lease.tentative ? words + t('me.leaseTentative') : words
}
