/** A sentence by its message key, so that logic can choose words without knowing the language. */
import { useI18n } from 'vue-i18n'

export interface Saying {
  key: string
  named?: Record<string, string | number>
}

/** Says it in the language that is chosen. */
export function useSaying(): (one: Saying) => string {
  const { t } = useI18n()
  return (one) => t(one.key, one.named ?? {})
}
