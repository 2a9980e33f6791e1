/** How a new case of an item can be ended where it is captured (domain notes, Handling a case). */
import type { Item } from '@/engine/forms/catalogue'

export type Ending = 'finish' | 'online' | 'entrust' | 'register'

/**
 * The endings an item offers, the usual one first. `finish`: done here, with its result (a direct item that the doorstep
 * can finish, an assistance, information given, a report answered on the spot); `online`: 待联办, as a department's
 * system is needed; `entrust`: taken along with a signature; `register`: written down, to be worked on later.
 */
export function endingsOf(item: Pick<Item, 'mode' | 'finish'>): Ending[] {
  switch (item.mode) {
    case 'direct':
      return item.finish === 'doorstep' ? ['finish', 'online', 'register'] : ['online', 'register']
    case 'proxy':
      return ['entrust']
    case 'report':
      return ['register', 'finish']
    case 'assist':
    case 'inform':
      return ['finish', 'register']
    case 'visit':
      return []
  }
}
