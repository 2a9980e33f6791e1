import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/me', name: 'me', component: () => import('./MePage.vue'), meta: { tab: 'me' } },
  { path: '/settings', name: 'settings', component: () => import('./SettingsPage.vue') },
  { path: '/settings/pin', name: 'change-pin', component: () => import('./ChangePin.vue') },
  { path: '/storage', name: 'storage', component: () => import('./StoragePage.vue') },
  { path: '/this-device', name: 'this-device', component: () => import('./DevicePage.vue') },
  { path: '/sign-in', name: 'sign-in', component: () => import('./SignInAgain.vue') },
  { path: '/help', name: 'help', component: () => import('./HelpPage.vue') },
]
