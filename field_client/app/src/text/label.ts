import type { Label } from '@/engine/problem'
import { settings } from '@/settings'

/** A text for people in the chosen language; Chinese where there is no English. */
export function label(text: Label | null | undefined): string {
  if (!text) return ''
  return settings.language === 'en' ? text.en || text.zh : text.zh
}
