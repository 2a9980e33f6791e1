/** What screens find on an open phone, as the device hands it on; Locked while there is none. */
import type {
  Cases,
  DayLog,
  Drafts,
  Figures,
  Files,
  GridMap,
  History,
  Households,
  Reading,
  Settling,
  Sync,
  View,
  Visits,
} from '../api'
import type { OpenPhone } from './open_phone'

export abstract class OpenParts {
  /** Locked where the vault is closed. */
  protected abstract readonly open: OpenPhone

  get reading(): Reading {
    return this.open.reading
  }
  get sync(): Sync {
    return this.open.sync
  }
  get view(): View {
    return this.open.view
  }
  get households(): Households {
    return this.open.households
  }
  get visits(): Visits {
    return this.open.visits
  }
  get cases(): Cases {
    return this.open.cases
  }
  get settling(): Settling {
    return this.open.settling
  }
  get dayLog(): DayLog {
    return this.open.dayLog
  }
  get figures(): Figures {
    return this.open.figures
  }
  get map(): GridMap {
    return this.open.map
  }
  get history(): History {
    return this.open.history
  }
  get drafts(): Drafts {
    return this.open.drafts
  }
  get files(): Files {
    return this.open.files
  }
}
