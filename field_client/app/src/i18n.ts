/** Words: Chinese by default, English by a setting. Each file of src/text/ holds an area's words under its name. */
import { Locale } from 'vant'
import enUS from 'vant/es/locale/lang/en-US'
import zhCN from 'vant/es/locale/lang/zh-CN'
import { watchEffect } from 'vue'
import { createI18n } from 'vue-i18n'
import { settings } from './settings'

interface Words {
  [key: string]: string | Words
}
interface Area {
  default?: { zh: Words; en: Words }
}

const areas = import.meta.glob<Area>('./text/*.ts', { eager: true })

function merged(language: 'zh' | 'en'): Words {
  const words: Words = {}
  for (const [path, area] of Object.entries(areas)) {
    const name = path.slice('./text/'.length, -'.ts'.length)
    if (area.default) words[name] = area.default[language]
  }
  return words
}

export const i18n = createI18n({
  legacy: false,
  locale: settings.language,
  fallbackLocale: 'zh',
  messages: { zh: merged('zh'), en: merged('en') },
})

watchEffect(() => {
  i18n.global.locale.value = settings.language
  if (settings.language === 'zh') Locale.use('zh-CN', zhCN)
  else Locale.use('en-US', enUS)
})
