import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/round', name: 'round', component: () => import('./RoundPage.vue') },
]
