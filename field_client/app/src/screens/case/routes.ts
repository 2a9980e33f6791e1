import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/cases', name: 'cases', component: () => import('./CasesPage.vue'), meta: { tab: 'cases' } },
  /** Query: `item`, and optionally `household`, `resident`, `visit`; becomes a draft at once. */
  { path: '/case-new', name: 'case-new', component: () => import('./NewCasePage.vue') },
  { path: '/case-draft/:id', name: 'case-draft', component: () => import('./CaseDraftPage.vue') },
  { path: '/case/:id', name: 'case', component: () => import('./CasePage.vue') },
  { path: '/case/:id/answers', name: 'case-answers', component: () => import('./CaseAnswersPage.vue') },
  { path: '/case/:id/receipt', name: 'case-receipt', component: () => import('./ReceiptPage.vue') },
]
