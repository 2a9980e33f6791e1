/** The map, drafts, files and storage. */
import type { Label } from '../problem'

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

/**
 * draft: no operation names it yet (kept, never sent); waiting: goes to the server by itself; refused: the server did not
 * take it, a person decides; arrived: the server has it whole, checked and durable.
 */
export type FileStanding = 'draft' | 'waiting' | 'refused' | 'arrived'

/** A photo or signature on this phone. */
export interface KeptFile {
  digest: string
  type: string
  bytes: number
  keptMs: number
  standing: FileStanding
  arrivedMs: number | null
  /** Why the server did not take it, in the worker's words. */
  refusal: Label | null
  /** How much of it the server has; 0 where that is not known. */
  sentBytes: number
}

/**
 * Why files wait although there is a network: `ask` (much of them on a line that may cost money; `goNow` or
 * `waitForWifi` answers), `wifi` (Wi-Fi only, or the answer was to wait for it), `wifi-unknown` (Wi-Fi only, and this
 * browser does not say what the network is).
 */
export type UploadHold = 'ask' | 'wifi' | 'wifi-unknown'

export interface Uploading {
  /** Files that operations name and the server has not, without refused ones. */
  count: number
  bytes: number
  refused: number
  hold: UploadHold | null
  /** At the speed of earlier uploads; null before any. */
  seconds: number | null
  /** What goes up at this moment. */
  now: { digest: string; sentBytes: number; bytes: number } | null
  /** What the last try ended with, in the worker's words. */
  failure: Label | null
}

export interface Files {
  /** Keep a file (a photo, a signature) encrypted; its SHA-256 in hexadecimal is its name. StorageFull. */
  keep(bytes: Uint8Array, type: string): Promise<string>
  /** A file of this phone; null where it is not here. */
  read(digest: string): Promise<Blob | null>
  has(digest: string): boolean
  /** What is kept here, the oldest first. */
  list(): KeptFile[]
  readonly uploading: Uploading
  /** From the server, for this look only: nothing of it is stored. The server notes who looked. */
  fetch(digest: string): Promise<Blob>
  /** Refused once: offer it again. */
  tryAgain(digest: string): Promise<void>
  /** Remove one that is refused or that nothing captured names. Others stay until they arrived. */
  remove(digest: string): Promise<void>
  /** Remove what the server has; how many went. */
  dropArrived(): Promise<number>
  /** Upload what waits now, whatever the line costs. */
  goNow(): void
  /** Let what waits now wait for Wi-Fi. */
  waitForWifi(): void
  /** What the network is, as far as this browser tells. */
  link(): 'unmetered' | 'metered' | 'unknown'
  readonly wifiOnly: boolean
  setWifiOnly(only: boolean): Promise<void>
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
