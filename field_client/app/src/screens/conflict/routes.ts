import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/conflicts', name: 'conflicts', component: () => import('./ConflictsPage.vue') },
  { path: '/conflict/:id', name: 'conflict', component: () => import('./ConflictPage.vue') },
]
