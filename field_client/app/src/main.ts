import 'vant/lib/index.css'
import './style.css'
import { createApp } from 'vue'
import App from './App.vue'
import { startDevice } from './device'
import { i18n } from './i18n'
import { reportOdd } from './parts/attempt'
import { router } from './router'

async function start(): Promise<void> {
  await startDevice()
  const app = createApp(App)
  app.config.errorHandler = reportOdd
  app.use(i18n).use(router).mount('#app')
}

window.addEventListener('unhandledrejection', (event) => reportOdd(event.reason))
start().catch(reportOdd)
