import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/tasks', name: 'tasks', component: () => import('./TaskList.vue') },
  { path: '/task/:id', name: 'task', component: () => import('./TaskPage.vue'), props: true },
]
