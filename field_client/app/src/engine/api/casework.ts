/** Items and cases. */
import type { Fields } from '../field_values'
import type { Item, Material } from '../forms/catalogue'
import type { Answer, Answers, FlatAnswers, Form } from '../forms/definition'
import type { Label, Problem } from '../problem'
import type { FieldRecord } from '../sync/record'
import type { Captured } from './view'

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
  /** Photos of papers and of the matter, by their digests; drafts of an earlier version have none. */
  files?: string[]
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
  /** Something is still to be done: it is not settled, or its result is on its way to the applicant. */
  isOpen: boolean
  /** Before the matter is settled (办结): until then form, materials and signature may be put right. */
  isUnsettled: boolean
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
