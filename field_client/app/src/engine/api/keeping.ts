/** The map, drafts, files and storage. */

export interface GridShape {
  grid: string
  village: string
  name: string
  mine: boolean
  /** GeoJSON geometry, WGS-84, numbers. */
  geometry: { type: 'Polygon' | 'MultiPolygon'; coordinates: number[][][] | number[][][][] }
  due: number
  done: number
}

export interface MapHousehold {
  household: string
  name: string
  houseNumber: string
  grid: string
  lon: number
  lat: number
  state: 'overdue' | 'due' | 'done' | 'not_due'
}

export interface GridMap {
  shapes(): GridShape[]
  households(): MapHousehold[]
  /** The grid in which a position (lon, lat; WGS-84) lies, of those known here. */
  gridAt(lon: number, lat: number): string | null
  /** A position for a base map in GCJ-02 (高德, 腾讯). */
  toGcj02(lon: number, lat: number): [number, number]
}

export interface Drafts {
  /** Anything a screen keeps while it is typed into; survives everything but the phone. */
  get<T>(name: string): T | undefined
  keep(name: string, body: unknown): Promise<void>
  forget(name: string): Promise<void>
}

export interface Files {
  /** Keep a file (a signature) encrypted; its SHA-256 in hexadecimal is its name. */
  keep(bytes: Uint8Array, type: string): Promise<string>
  read(digest: string): Promise<Blob | null>
}

export interface StorageInfo {
  /** Whether the browser promised not to throw the data away; asked for at enrolment. */
  persisted(): Promise<boolean>
  askPersisted(): Promise<boolean>
  /** Bytes used and left, as the browser estimates. */
  estimate(): Promise<{ used: number; left: number; low: boolean }>
  /** Records here, by kind. */
  counts(): Record<string, number>
}
