/** Theme and type size as classes of the page, and its language; `auto` follows the phone. */
import { computed, ref, watchEffect } from 'vue'
import { settings } from './settings'

const darkPhone = window.matchMedia('(prefers-color-scheme: dark)')
const phoneIsDark = ref(darkPhone.matches)
darkPhone.addEventListener('change', (event) => (phoneIsDark.value = event.matches))

export const dark = computed(() =>
  settings.theme === 'auto' ? phoneIsDark.value : settings.theme === 'dark',
)

watchEffect(() => {
  const page = document.documentElement.classList
  page.toggle('dark', dark.value)
  page.toggle('large', settings.type === 'large')
  document.documentElement.lang = settings.language === 'zh' ? 'zh-CN' : 'en'
})
