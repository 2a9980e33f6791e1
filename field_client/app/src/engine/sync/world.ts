/** What judging and applying an operation may ask of the copy it works on. The twin of `sync/world.py`. */
import type { Catalogue } from '../forms/catalogue'
import type { FieldRecord } from './record'

/** Who captured an operation: the device, its worker (an account id), that account's role and division. */
export interface Author {
  device: string
  worker: string
  role: string
  division: string
}

/** Records by id, and what applying needs. What is `put` is seen by the next `get`. */
export interface World {
  readonly catalogue: Catalogue
  /** The record as it is now, free to be changed and `put` back. */
  get(record: string): FieldRecord | undefined
  /** The same record, only to be read. */
  look(record: string): FieldRecord | undefined
  put(record: FieldRecord): void
  /** The records that move with this one: residents, open cases, tasks, conflicts; free to be changed. */
  followers(record: FieldRecord): FieldRecord[]
  /** The worker of a device; undefined if the device is not known here. */
  workerOf(device: string): string | undefined
  /** The village of a grid; undefined if no such grid is known. */
  villageOfGrid(grid: string): string | undefined
}

/** The facts beyond applying that rules need. What only the server knows (who ever had a grid) no phone judges. */
export interface Facts extends World {
  /** Whether a worker of that division belongs to a village. */
  coversVillage(division: string, village: string): boolean
  /** Whether the rota puts the worker at the village's window on that day (ISO). */
  onDuty(worker: string, village: string, day: string): boolean
  /** Whether the month of that day (ISO) is closed for amendments. */
  monthClosed(day: string, nowMs: number): boolean
  /** A worker's name; the id where somebody has not been heard of. */
  nameOf(worker: string): string
}
