import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  /** This phone's own file and codes. */
  { path: '/rescue', name: 'rescue', component: () => import('./RescuePage.vue') },
  /** Colleagues' files, and scanning one. */
  { path: '/carried', name: 'carried', component: () => import('./CarriedPage.vue') },
  { path: '/carried/scan', name: 'scan-rescue', component: () => import('./ScanPage.vue') },
]
