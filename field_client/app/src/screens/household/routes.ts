import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/search', name: 'search', component: () => import('./SearchPage.vue') },
  { path: '/household/new', name: 'household-new', component: () => import('./HouseholdNew.vue') },
  { path: '/household/:id', name: 'household', component: () => import('./HouseholdPage.vue'), props: true },
  {
    path: '/household/:id/change',
    name: 'household-change',
    component: () => import('./HouseholdChange.vue'),
    props: true,
  },
  {
    path: '/household/:id/class',
    name: 'household-class',
    component: () => import('./ClassChange.vue'),
    props: true,
  },
]
