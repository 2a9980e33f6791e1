/** Putting the app on the home screen, where the browser can; else telling how. */
import { ref, shallowRef } from 'vue'

/** Chromium's event, which no standard has. */
interface InstallEvent extends Event {
  prompt(): Promise<void>
  readonly userChoice: Promise<{ outcome: 'accepted' | 'dismissed' }>
}

const offered = shallowRef<InstallEvent | null>(null)
const fromHomeScreen = window.matchMedia('(display-mode: standalone)').matches
export const installed = ref(fromHomeScreen)
export const installable = offered

window.addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault()
  offered.value = event as InstallEvent
})
window.addEventListener('appinstalled', () => {
  installed.value = true
  offered.value = null
})

/** Ask the browser's own question. */
export async function install(): Promise<void> {
  const event = offered.value
  if (!event) return
  await event.prompt()
  await event.userChoice
  offered.value = null
}

/** Which how-to fits this browser. */
export function howToInstall(): 'ios' | 'android' | 'desktop' {
  if (/iPhone|iPad/.test(navigator.userAgent)) return 'ios'
  return /Android/.test(navigator.userAgent) ? 'android' : 'desktop'
}
