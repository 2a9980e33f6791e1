/** Where this phone is: asked for by a tap only, kept in memory for the walk only. */
import { shallowRef } from 'vue'

export interface Position {
  lon: number
  lat: number
  accuracyM: number
  atMs: number
}

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

/** A position as records carry it: numbers as text, in the system of the phone's receiver. */
export function locationField(at: Position): Record<string, string | number> {
  return {
    latitude: at.lat.toFixed(6),
    longitude: at.lon.toFixed(6),
    system: 'WGS-84',
    source: 'phone',
    accuracy_m: Math.max(0, at.accuracyM),
    at: new Date(at.atMs).toISOString(),
  }
}
