/**
 * What screens see of the engine. Screens import types from here and nothing else of the engine's insides but errors and
 * pure functions (`forms/`, `grid_map/`, `sync/record`, `field_values`, `pin`).
 *
 * Reading is synchronous and never waits for the network: the whole copy of this phone's scope is in memory while it is
 * unlocked. Capturing is asynchronous: when its promise is fulfilled, the operation is durably in the database.
 * Whatever goes wrong is a `FieldError` (errors.ts), told in the worker's words. Days are ISO texts in Asia/Shanghai,
 * moments ISO texts with a zone, `…_ms` Unix milliseconds of corrected time.
 */
export type * from './api/device'
export type * from './api/syncing'
export type * from './api/view'
export type * from './api/people'
export type * from './api/visiting'
export type * from './api/casework'
export type * from './api/settling'
export type * from './api/own_days'
export type * from './api/keeping'
export type * from './api/rescue'
