/** What a worker does today, as a sentence. */
import type { View } from '@/engine/api'
import type { Saying } from '@/parts/saying'

/** 今天轮值窗口 / 今天走访 三网格、四网格 / 今天请假 / 今天休息 */
export function dutyInWords(view: Pick<View, 'duty' | 'scope' | 'gridName'>, today: string): Saying {
  const duty = view.duty(today)
  if (duty !== 'grid') return { key: `today.duty_${duty}` }
  const grids = view.scope.flatMap((one) => one.grids).map((one) => view.gridName(one))
  if (grids.length === 0) return { key: 'today.duty_no_grid' }
  return { key: 'today.duty_grid', named: { grids: grids.join('、') } }
}
