/**
 * Every area's `routes.ts` exports `routes`. The address is behind `#`, so that it works wherever the app is served.
 *
 * Addresses that areas share: `/` today, `/map`, `/items`, `/cases`, `/me` (the five tabs: `meta.tab` shows the tab
 * bar), `/household/:id`, `/resident/:id`, `/visit/:id`, `/round`, `/task/:id`, `/item/:key`, `/case/:id`, `/outbox`,
 * `/conflict/:id`, `/history`, `/log`, `/settings`, `/storage`, `/help`, `/this-device`.
 */
import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import { FieldError } from '@/engine/errors'
import { reportOdd } from '@/parts/attempt'

export const TABS = ['today', 'map', 'items', 'cases', 'me'] as const
export type Tab = (typeof TABS)[number]

declare module 'vue-router' {
  interface RouteMeta {
    /** The page is the first of a tab; the tab bar is shown. */
    tab?: Tab
  }
}

const areas = import.meta.glob<{ routes: RouteRecordRaw[] }>('./screens/*/routes.ts', { eager: true })

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [...Object.values(areas).flatMap((area) => area.routes), { path: '/:missing(.*)*', redirect: '/' }],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

/** A page whose code could not be fetched: no signal before the whole app was on the phone. No tap is lost silently. */
class PageNotHere extends FieldError {
  constructor(cause: unknown) {
    super(
      '这一页还没有存到手机上',
      'this page is not on the phone yet',
      '有信号时关掉全岗通，再打开一次；已登记的内容都在',
      'close the app and open it again with a signal; everything captured is here',
      { cause },
    )
  }
}
router.onError((error: unknown) => void reportOdd(new PageNotHere(error)))

/** Where a tab begins. */
export function tabPath(tab: Tab): string {
  return tab === 'today' ? '/' : `/${tab}`
}
