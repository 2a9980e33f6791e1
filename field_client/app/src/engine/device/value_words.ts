/** What people call the values that a field can have, where they are few and fixed. */
import type { Label } from '../problem'

const VALUES: Readonly<Record<string, Readonly<Record<string, readonly [zh: string, en: string]>>>> = {
  outcome: {
    met: ['见到', 'met'],
    not_home: ['未遇', 'nobody home'],
    phone: ['电话联系', 'by phone'],
    service_point: ['服务点见面', 'at a service point'],
    seen: ['见到住处', 'saw the place'],
  },
  disposition: {
    on_the_spot: ['当场处理', 'settled on the spot'],
    taken_along: ['带回', 'taken along'],
    reported: ['上报', 'reported'],
  },
  status: {
    present: ['在住', 'lives here'],
    moved_out: ['已迁出', 'moved out'],
    deceased: ['已故', 'deceased'],
  },
  sex: { male: ['男', 'male'], female: ['女', 'female'] },
  'task/type': {
    visit: ['走访', 'a visit'],
    supplement: ['补材料', 'a supplement'],
    delivery: ['送达', 'a delivery'],
    follow_up: ['回访', 'a follow-up'],
    other: ['其他', 'other'],
  },
  'task/state': { open: ['未完成', 'open'], done: ['已完成', 'done'], cancelled: ['已取消', 'cancelled'] },
  decision: { linked: ['是同一件事', 'the same matter'], separate: ['是两件事', 'two matters'] },
  'finding/type': {
    dispute: ['矛盾纠纷', 'a dispute'],
    request: ['群众诉求', 'a request'],
    suggestion: ['意见建议', 'a suggestion'],
    security: ['治安', 'security'],
    fire: ['消防', 'fire safety'],
    environment: ['环境', 'environment'],
    other: ['其他', 'other'],
  },
  'special_event/type': {
    death: ['家中有人去世', 'a death'],
    discharge: ['出院', 'discharged from hospital'],
    dispute: ['家庭矛盾', 'a dispute'],
    other: ['其他情况', 'something else'],
  },
}

/** A value's label by its field (`outcome`) or by kind and field (`task/state`); undefined where it has none. */
export function valueLabel(field: string, value: string): Label | undefined {
  const found = VALUES[field]?.[value]
  return found && { zh: found[0], en: found[1] }
}
