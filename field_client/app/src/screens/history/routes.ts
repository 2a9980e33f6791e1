import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/history', name: 'history', component: () => import('./HistoryPage.vue') },
]
