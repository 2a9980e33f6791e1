import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/map', name: 'map', component: () => import('./MapPage.vue'), meta: { tab: 'map' } },
]
