import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  /** A visit in progress, or one that was recorded. */
  { path: '/visit/:id', name: 'visit', component: () => import('./VisitPage.vue'), props: true },
  /** Begins a visit or takes it up, and goes on to it; query `household`, `item`, `visit`. */
  { path: '/visit-start', name: 'visit-start', component: () => import('./VisitStart.vue') },
  /** 补记, or a visit that begins at another place; query `household` preselects one. */
  { path: '/write-up', name: 'write-up', component: () => import('./WriteUpPage.vue') },
]
