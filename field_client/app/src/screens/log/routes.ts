import type { RouteRecordRaw } from 'vue-router'

/** Query `day` (ISO): which day; without it the latest one. */
export const routes: RouteRecordRaw[] = [
  { path: '/log', name: 'log', component: () => import('./LogPage.vue') },
]
