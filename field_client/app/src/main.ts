import 'vant/lib/index.css'
import './style.css'
import { createApp } from 'vue'
import App from './App.vue'
import { startDevice } from './device'
import { i18n } from './i18n'
import { reportOdd } from './parts/attempt'
import { keepOutOfBrowser } from './parts/not_remembered'
import { tellToastsAloud } from './parts/toasts'
import { router } from './router'

async function start(): Promise<void> {
  tellToastsAloud()
  keepOutOfBrowser()
  await startDevice()
  const app = createApp(App)
  app.config.errorHandler = (error) => void reportOdd(error)
  app.use(i18n).use(router).mount('#app')
}

window.addEventListener('unhandledrejection', (event) => void reportOdd(event.reason))
// nothing is shown yet, so the way on is to open again
start().catch((error: unknown) => reportOdd(error).then(() => window.location.reload()))
