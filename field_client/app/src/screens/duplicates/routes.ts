import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/duplicates', name: 'duplicates', component: () => import('./DuplicatesPage.vue') },
]
