/**
 * What screens see of the engine. Screens import types from here and nothing else of the engine's insides but pure
 * functions of `forms/` and `grid_map/`.
 *
 * Reading is synchronous and never waits for the network: the whole copy of this phone's scope is in memory while it is
 * unlocked. Capturing is asynchronous: when its promise is fulfilled, the operation is durably in the database.
 * Whatever goes wrong is a `FieldError` (errors.ts), told in the worker's words. Days are ISO texts in Asia/Shanghai,
 * moments ISO texts with a zone, `…_ms` Unix milliseconds of corrected time.
 */
import type { Catalogue, Item, Material } from './forms/catalogue'
import type { Answer, Answers, FlatAnswers, Form } from './forms/definition'
import type { Label, Problem } from './problem'
import type { FieldRecord, Fields, Value } from './sync/record'

// ---- life of the device

/**
 * opening → unsupported | elsewhere | new | locked; new → choosing-pin (enrolled, the vault is not made) → open;
 * locked → open; open → locked. `elsewhere`: another tab of this browser has the database.
 */
export type Phase =
  'opening' | 'unsupported' | 'elsewhere' | 'new' | 'choosing-pin' | 'locked' | 'open' | 'damaged'

/** What changed, for listeners: the phase, what is shown (copy or outbox), how syncing stands, drafts. */
export type Change = 'phase' | 'view' | 'sync' | 'drafts'

export interface Identity {
  server: string
  device: string
  device_name: string
  worker: { id: string; name: string; role: string; division: string }
}

export interface Device {
  readonly phase: Phase
  /** Grows with each change of what is shown; a key for caches. */
  readonly version: number
  /** Missing abilities of this browser, named for people; empty where all is there. */
  readonly missing: readonly Label[]
  /** Null unless the phase is `choosing-pin` or `open`. */
  readonly identity: Identity | null
  subscribe(listener: (change: Change) => void): () => void

  /** Where another tab has the database: take it over from there. */
  takeOver(): Promise<void>
  /** Account once, online. Fulfilled in phase `choosing-pin`. */
  enrol(username: string, password: string, deviceName: string): Promise<void>
  /** The PIN's first choice (6 to 12 digits; Refused tells why not: too short, all the same, in a row). → `open` */
  choosePin(pin: string): Promise<void>
  /** A new PIN for one that is known. WrongPin. */
  changePin(present: string, next: string): Promise<void>
  /** WrongPin where it is not this one; `triesLeft` falls with each. → `open`, everything in memory. */
  unlock(pin: string): Promise<void>
  /** A forgotten PIN: the account opens the data key, online. → `open` under the new PIN, nothing lost. */
  unlockByAccount(username: string, password: string, nextPin: string): Promise<void>
  /** Forget the key and everything read. → `locked` */
  lock(): void

  readonly sync: Sync
  readonly view: View
  readonly households: Households
  readonly visits: Visits
  readonly cases: Cases
  readonly settling: Settling
  readonly dayLog: DayLog
  readonly figures: Figures
  readonly map: GridMap
  readonly history: History
  readonly drafts: Drafts
  readonly files: Files
  readonly storage: StorageInfo

  /** Corrected time. */
  nowMs(): number
  today(): string
}

// ---- syncing

export interface SyncProgress {
  step: 'push' | 'status' | 'segments' | 'changes' | 'store'
  done: number
  total: number
  /** Bytes of a first sync, told before it is fetched. */
  bytesDone?: number
  bytesTotal?: number
}

export interface SyncStanding {
  /** Something is under way at this moment. */
  running: boolean
  online: boolean
  /** Operations not handed over, and those that a person has to settle here (rejected, held for the worker, conflicts). */
  waiting: number
  trouble: number
  /** Files (signatures) that wait for a server that takes files. */
  waitingFiles: number
  oldestWaitingMs: number | null
  /** When everything was last handed over and followed to its end. */
  syncedMs: number | null
  /** When the server was last reached. */
  contactMs: number | null
  /** What the last attempt ended with, in the worker's words; null after one that went well. */
  failure: { zh: string; en: string; next: string; nextEn: string; code: string | null } | null
  nextTryMs: number | null
  progress: SyncProgress | null
  /** An account is needed to go on (the server does not know this phone's token any more). */
  needsAccount: boolean
  /** The server ended reading for this device (revoked, locked). Capturing and handing over go on. */
  readingEnded: Label | null
  /** The first sync of this device was finished. */
  ready: boolean
}

export interface Sync {
  readonly standing: SyncStanding
  /** Sync now (also begun by itself: after a capture, on `online`, on a hint of the server, every few minutes). */
  now(): Promise<void>
  /** Where `needsAccount`: enrol anew with the account; everything kept is carried over under its ids. */
  again(username: string, password: string): Promise<void>
}

// ---- reading

export interface Assignment {
  village: string
  grids: string[]
}

export interface View {
  get(record: string): FieldRecord | undefined
  /** Records of a kind, voided ones left out unless asked for. */
  ofKind(kind: string, voided?: boolean): FieldRecord[]
  /** The records of a kind that belong to one (a household's residents, its cases, requests). */
  children(record: string, kind: string): FieldRecord[]
  readonly catalogue: Catalogue
  readonly scope: Assignment[]
  /** A worker's name; the id's beginning where it is not known here. */
  workerName(worker: string): string
  /** Colleagues of the village who are known here, without oneself. */
  colleagues(): { id: string; name: string; role: string }[]
  villageName(village: string): string
  gridName(grid: string): string
  /** What a worker does on a day. */
  duty(day: string, worker?: string): 'window' | 'grid' | 'leave' | 'day_off'
  /** Whether a shown record carries changes of this phone that are not handed over. */
  waits(record: string): boolean
  /** Whether what is here is demonstration data. */
  readonly demonstration: boolean
}

/** An operation that is on the disk. `remarks` are worth telling and stopped nothing. */
export interface Captured {
  record: string
  operation: string
  counter: number
  remarks: Problem[]
}

// ---- households and people

export interface DueHousehold {
  household: FieldRecord
  /** 按期走访 and the like; never the class. */
  reason: string
  firstDay: string
  lastDay: string
  /** Set by a special event. */
  deadlineMs: number | null
  overdue: boolean
  lastCounted: string | null
  /** Metres from where the walk starts, where both are known. */
  distanceM: number | null
}

export interface Found {
  record: FieldRecord
  household: FieldRecord | undefined
}

export interface VisitClass {
  key: string
  label: string
  label_en: string
  period: 'half_year' | 'month' | 'iso_week'
  seeing_the_place_is_enough?: boolean
}

export interface Households {
  /** By name, pinyin initials, house number, address or the end of a phone; every word must match. Fast: each key. */
  search(query: string, limit?: number): Found[]
  /** Fulfilled when people are found by pinyin initials too; before it, by characters and numbers only. */
  searchReady(): Promise<void>
  /** Residents of a household, its head first; merged and voided ones left out. */
  residents(household: string): FieldRecord[]
  /** Due and overdue households of my grids in walking order; `start` (lon, lat) in WGS-84. */
  due(options?: {
    withinDays?: number
    limit?: number
    start?: [number, number]
    grid?: string
  }): DueHousehold[]
  /** The same for one household, due or not; null where it is none (moved out). */
  dueOf(household: string): DueHousehold | null
  readonly classes: VisitClass[]
  /** The latest first; voided ones are among them, as they are told and count for nothing. */
  visitsOf(household: string): FieldRecord[]
  /** Likely the same person or household, told while typing: same name and birth date, phone or number; same door. */
  alike(kind: 'household' | 'resident', fields: Fields, except?: string): FieldRecord[]
  /** Identity numbers masked (330499********001X) in everything that lists show. */
  masked(identityNumber: Value | undefined): string
  add(fields: Fields): Promise<Captured>
  change(household: string, fields: Fields): Promise<Captured>
  addResident(household: string, fields: Fields): Promise<Captured>
  changeResident(resident: string, fields: Fields): Promise<Captured>
  /** The identity number in full; the look is captured (audited) first. */
  reveal(resident: string, reason: string): Promise<string>
  void(kind: 'household' | 'resident', record: string, reason: string): Promise<Captured>
  /** 居民问到、目录没有 */
  request(text: string, household?: string): Promise<Captured>
}

// ---- rounds and visits

export type VisitOutcome = 'met' | 'not_home' | 'phone' | 'service_point' | 'seen'
export type Disposition = 'on_the_spot' | 'taken_along' | 'reported'
export type FindingType = 'dispute' | 'request' | 'suggestion' | 'security' | 'fire' | 'environment' | 'other'

export interface Finding {
  id: string
  type: FindingType
  text: string
  disposition: Disposition | null
}

/** A visit in progress; it survives everything, and becomes an operation when it is finished. */
export interface VisitDraft {
  id: string
  household: string | null
  place: string | null
  grid: string | null
  started_at: string
  /** Set where it is written up later (补记): when it occurred. */
  occurred_at: string | null
  ended_at: string | null
  outcome: VisitOutcome
  met: string[]
  companions: string[]
  purposes: string[]
  findings: Finding[]
  disposition: Disposition | null
  note: string
  /** A visit item whose form is filled inside the visit. */
  item: string | null
  answers: FlatAnswers
  /** Cases captured during this visit. */
  cases: string[]
  location: Fields | null
  signature: string | null
  /** A follow-up that becomes a task with the visit. */
  follow_up: { title: string; due: string | null } | null
}

export interface Visits {
  /** The worker's open round; by itself closed 3 hours after its last visit. */
  openRound(): { record: FieldRecord; visits: number; startedAt: string; grid: string } | null
  startRound(grid?: string): Promise<Captured>
  finishRound(note?: string): Promise<Captured>
  /** For undo: the round is open again, as if it had not been finished. */
  reopenRound(round: string): Promise<Captured>
  /** Start (or take up again) a visit: kept at once. The most likely resident met is preselected. */
  start(where: { household?: string; place?: string; grid?: string; item?: string }): Promise<VisitDraft>
  /** 补记: a visit that occurred before. */
  writeUp(
    where: { household?: string; place?: string; grid?: string },
    occurredAt: string,
  ): Promise<VisitDraft>
  /** Visits in progress, the latest first. */
  open(): VisitDraft[]
  /** Keep what was typed so far. */
  keep(draft: VisitDraft): Promise<void>
  /** The visit becomes an operation (and its follow-up a task). Refused tells every problem. */
  finish(draft: VisitDraft): Promise<Captured>
  /** Put it aside; `restore` brings it back while it is offered. */
  discard(draft: VisitDraft): Promise<void>
  /** Correct one's own visit while its month is open. */
  amend(visit: string, fields: Fields): Promise<Captured>
  /** Take back one's own visit, and the follow-up task that came with it (cancelled). */
  void(visit: string, reason: string): Promise<Captured>
  /** 未遇 offers it: a task for the same household. */
  remind(household: string, day: string): Promise<Captured>
  readonly purposes: { key: string; label: Label }[]
}

// ---- items and cases

export interface ItemFound {
  item: Item
  /** Why it was found: its name, initials, another word for it, its department. */
  by: 'name' | 'initials' | 'alias' | 'department' | 'number'
}

export interface Promised {
  /** ISO day; null where nothing can be said. */
  dueOn: string | null
  tentative: boolean
  demonstration: boolean
  stopped: boolean
  /** The sentence to say on the doorstep, with every caveat. */
  text: Label
  stages: {
    key: string
    name: string
    days: number
    counting: 'working' | 'calendar'
    startsOn: string | null
    dueOn: string | null
    tentative: boolean
  }[]
}

export type MaterialState = 'original_seen' | 'copy' | 'photo' | 'missing'

/** A case that is being written down; kept at every change. `id` is the record's from the beginning. */
export interface CaseDraft {
  id: string
  item: string
  item_version: number
  household: string | null
  resident: string | null
  applicant_name: string
  applicant_phone: string
  applicant_identity_number: string
  answers: FlatAnswers
  materials: Record<string, MaterialState>
  told: boolean
  note: string
  visit: string | null
  signature: string | null
  /** The step of the screen, so that it opens where it was. */
  step: number
  touched_ms: number
}

export interface Move {
  to: string
  label: Label
  /** Whether this worker may make it now; else `why`. */
  allowed: boolean
  why: Label | null
  /** Fields that belong to the move (a result, a department's number, a reason). */
  asks: ('result' | 'department_number' | 'reason' | 'missing_materials')[]
  onward: boolean
}

export interface TimeLight {
  state: 'on_time' | 'soon' | 'late' | 'paused' | 'none'
  text: Label
}

export interface CaseSheet {
  record: FieldRecord
  item: Item | undefined
  itemName: string
  form: Form | undefined
  answers: FlatAnswers
  materials: { material: Material; state: MaterialState | null; needed: boolean }[]
  state: Label
  isOpen: boolean
  /** Whom it waits for: me, the window, the town, the applicant, nobody. */
  waitsFor: 'me' | 'colleague' | 'window' | 'town' | 'nobody'
  promise: Promised | null
  light: TimeLight
  moves: Move[]
  receipt: string | null
  applicant: { name: string; phone: string; identityNumberMasked: string }
  steps: { at: string | null; label: Label; by: string | null }[]
  waits: boolean
  conflicts: FieldRecord[]
}

export interface Cases {
  /**
   * Fulfilled when conditions of forms can be judged: what judges them is loaded on demand. `check` and `visible` raise
   * CelNotLoaded before it, so what shows a kept draft or a form awaits it first (parts/FormsReady.vue); `begin`,
   * `capture` and `setAnswers` await it themselves. The device begins it in idle time.
   */
  ready(): Promise<void>
  /** Fulfilled when items are found by pinyin too; before it, by characters and numbers only. */
  searchReady(): Promise<void>
  item(key: string): Item
  /** As one types: Chinese, pinyin initials, department, what a resident calls it, its number. */
  searchItems(query: string, options?: { department?: string; limit?: number }): ItemFound[]
  recentItems(): Item[]
  /** What an item would mean if it were captured now: expected date and its sentence. */
  promise(item: Item): Promised
  /** One-off notice (一次性告知) as text to show and share. `ready` once every material was looked at. */
  notice(
    item: Item,
    materials: Record<string, MaterialState>,
  ): { text: string; ready: boolean; missing: Material[]; unchecked: Material[] }
  /** Begin a case; known facts are filled in and kept as a draft at once. */
  begin(wanted: { item: string; household?: string; resident?: string; visit?: string }): Promise<CaseDraft>
  keep(draft: CaseDraft): Promise<void>
  openDrafts(): CaseDraft[]
  discard(draft: CaseDraft): Promise<void>
  /** Every problem of form, materials and applicant at once; pointers are `/answers/<path>`, `/materials/<key>`, `/applicant_name` … */
  check(draft: CaseDraft): Problem[]
  /** Which fields of the form are asked now, and nested answers for the form's rows. */
  visible(form: Form, answers: FlatAnswers): Set<string>
  nested(answers: FlatAnswers): Answers
  /** Capture it. `finish`: the item ends at the doorstep, with its result; `online`: 待联办. Refused as `check`. */
  capture(draft: CaseDraft, ending?: { finish?: string; online?: boolean }): Promise<Captured>
  /** Cases that this worker holds, the oldest first; `open` (the default): without those at their end. */
  mine(open?: boolean): CaseSheet[]
  /** Colleagues' cases that this worker can take onward today, on duty at the village's window; those on this phone. */
  ofWindow(): CaseSheet[]
  sheet(record: string): CaseSheet
  ofHousehold(household: string): CaseSheet[]
  setMaterials(record: string, materials: Record<string, MaterialState>, told?: boolean): Promise<Captured>
  setAnswers(record: string, answers: Record<string, Answer | null>): Promise<Captured>
  change(record: string, fields: Fields): Promise<Captured>
  move(record: string, to: string, fields?: Fields): Promise<Captured>
  /** 工作流转: with a reason, to a colleague. */
  handOver(record: string, receiver: string, reason: string): Promise<Captured>
  void(record: string, reason: string): Promise<Captured>
  /** The provisional 收件回执（代办）as text lines and what its QR code holds; null for what has no receipt. */
  receipt(record: string): {
    title: string
    number: string
    lines: { label: Label; value: string }[]
    qr: string
    text: string
  } | null
}

// ---- what a person settles

export interface ConflictCard {
  record: FieldRecord
  subject: FieldRecord | undefined
  field: string
  label: Label
  before: string
  choices: {
    value: Value
    text: string
    worker: string
    device: string
    atMs: number
    standing: boolean
    mine: boolean
  }[]
  settled: { value: Value; by: string; mine: boolean } | null
}

/** One operation of this phone's history. */
export interface Entry {
  counter: number
  id: string
  state: 'waiting' | 'applied' | 'merged' | 'conflict' | 'held' | 'rejected' | 'mended'
  kind: string
  action: 'create' | 'change' | 'void'
  record: string
  capturedMs: number
  acknowledgedMs: number | null
  /** In plain words: 入户 沈建国户 未遇 */
  title: Label
  problems: Problem[]
  waitsFor: string | null
  overruled: string[]
  fields: Fields
}

export interface Settling {
  conflicts(settled?: boolean): ConflictCard[]
  choose(conflict: string, value: Value): Promise<Captured>
  /** Take a choice of one's own back, while nobody else has acted on it. */
  undo(conflict: string): Promise<Captured>
  duplicates(): FieldRecord[]
  decide(duplicate: string, decision: 'linked' | 'separate', reason?: string): Promise<Captured>
  tasks(all?: boolean): FieldRecord[]
  addTask(fields: Fields): Promise<Captured>
  finishTask(task: string, note?: string): Promise<Captured>
  /** For undo. */
  reopenTask(task: string): Promise<Captured>
  /** Put a rejected operation right and send it again; a field of null leaves it out. */
  mend(operation: string, fields: Fields): Promise<Captured>
  labelOf(kind: string, field: string): Label
  /** A value as people read it (a name for an id, 是/否, 元, the option's label). */
  textOf(kind: string, field: string, value: Value | undefined, record?: FieldRecord): string
}

export interface History {
  waiting(): Entry[]
  trouble(): Entry[]
  /** All that this phone captured and still keeps (30 days after the acknowledgement), the latest first. */
  all(): Promise<Entry[]>
}

// ---- own days and figures

export interface DayLog {
  /** A day as lines of text, made of what was captured. `wording` is the worker's own correction, kept here. */
  of(day: string): { day: string; text: string; wording: string | null; visits: number; cases: number }
  /** Keep a wording; null goes back to the made one. */
  correct(day: string, wording: string | null): Promise<void>
  /** Days that hold anything, the latest first. */
  days(limit?: number): string[]
}

export interface Figure {
  key: string
  label: Label
  number: number | null
  /** Of how many, where that can be said. */
  of?: number | null
  note?: Label
  /** 怎么算的: the rule by name and in words, and the records that it counted or left out. */
  rule: { key: string; text: Label }
  explained: { record: string; day: string; counted: boolean; reason: Label; title: string }[]
}

export interface Figures {
  /** Rounds of this year and their pace, household visits of this month, due and overdue households; mine only. */
  mine(): Figure[]
  today(): { rounds: number; households: number; cases: number }
}

// ---- map, drafts, files, storage

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
