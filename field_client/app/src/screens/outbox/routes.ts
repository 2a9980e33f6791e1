import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/outbox', name: 'outbox', component: () => import('./OutboxPage.vue') },
  /** One captured operation, waiting or long since done. */
  { path: '/entry/:id', name: 'entry', component: () => import('./EntryPage.vue') },
]
