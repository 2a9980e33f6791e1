/** Everything of households, visits and the worker's own days, over one core: for the device to put together. */
import type { DayLog, Figures, GridMap, Households, Visits } from '../api'
import type { Core } from './core'
import { DeviceDayLog } from './day_log'
import { DueList } from './due'
import { DeviceFigures } from './figures'
import { DeviceHouseholds } from './households'
import { DeviceGridMap } from './map'
import { PersonSearch } from './person_search'
import { DeviceVisits } from './visits'

export interface Fieldwork {
  households: Households
  visits: Visits
  figures: Figures
  dayLog: DayLog
  map: GridMap
}

export function fieldwork(core: Core): Fieldwork {
  const due = new DueList(core)
  return {
    households: new DeviceHouseholds(core, due, new PersonSearch(core)),
    visits: new DeviceVisits(core),
    figures: new DeviceFigures(core, due),
    dayLog: new DeviceDayLog(core),
    map: new DeviceGridMap(core, due),
  }
}
