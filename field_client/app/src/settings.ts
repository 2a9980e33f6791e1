/** What a worker sets on this phone: how things look. Nothing personal, so it may stay where the vault is not. */
import { reactive, watch } from 'vue'

export interface AppSettings {
  language: 'zh' | 'en'
  type: 'normal' | 'large'
  theme: 'auto' | 'light' | 'dark'
  /** Minutes in the background after which the PIN is asked for again. */
  lockMinutes: number
  /** Whether a visit offers to note where it took place: only by a tap, and the browser asks too. */
  location: boolean
}

const KEY = 'allpost-settings'
const DEFAULTS: AppSettings = {
  language: 'zh',
  type: 'normal',
  theme: 'auto',
  lockMinutes: 5,
  location: false,
}
export const LOCK_MINUTES = [1, 5, 15, 30] as const

export const settings = reactive<AppSettings>(read())

watch(settings, () => {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings))
  } catch {
    // a browser that keeps nothing for us (private window): the settings last as long as the page
  }
})

function read(): AppSettings {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return { ...DEFAULTS, ...(kept as Partial<AppSettings>) }
  } catch {
    return { ...DEFAULTS }
  }
}
