import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/resident/:id', name: 'resident', component: () => import('./ResidentPage.vue'), props: true },
  {
    path: '/resident/:id/change',
    name: 'resident-change',
    component: () => import('./ResidentChange.vue'),
    props: true,
  },
  {
    path: '/household/:id/resident-new',
    name: 'resident-new',
    component: () => import('./ResidentNew.vue'),
    props: true,
  },
]
