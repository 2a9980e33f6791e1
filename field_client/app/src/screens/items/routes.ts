import type { RouteRecordRaw } from 'vue-router'

/** Both take the query `household`, `resident`, `visit`: for whom, and during which visit, the item is looked for. */
export const routes: RouteRecordRaw[] = [
  { path: '/items', name: 'items', component: () => import('./ItemsPage.vue'), meta: { tab: 'items' } },
  { path: '/item/:key', name: 'item', component: () => import('./ItemPage.vue') },
]
