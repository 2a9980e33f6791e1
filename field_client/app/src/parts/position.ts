/** Where this phone is: asked for by a tap only, kept in memory for the walk only. */
import { shallowRef } from 'vue'
import type { Measured } from '@/engine/grid_map/location'

export type Position = Measured

/** The position measured last; null until the worker asked for one. */
export const position = shallowRef<Position | null>(null)

const PATIENCE_MS = 15_000

export type NoPosition = 'unsupported' | 'denied' | 'unavailable'

/** Measures once. Answers why not where there is no position. */
export function locate(nowMs: number): Promise<Position | NoPosition> {
  return new Promise((resolve) => {
    if (!('geolocation' in navigator)) return resolve('unsupported')
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        position.value = {
          lon: coords.longitude,
          lat: coords.latitude,
          accuracyM: Math.round(coords.accuracy),
          atMs: nowMs,
        }
        resolve(position.value)
      },
      (error) => resolve(error.code === error.PERMISSION_DENIED ? 'denied' : 'unavailable'),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 60_000 },
    )
  })
}
