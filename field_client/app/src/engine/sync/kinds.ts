/** What an operation may say: the kinds of record and their fields, as `sync/kinds.py` has them (data/kinds.json). */
import kindsData from '../data/kinds.json'
import labelsData from '../data/field_labels.json'
import type { Label } from '../problem'

/** The type of a field, in the form that `generate.py` writes. */
export type FieldType =
  | { type: 'text'; min?: number; max?: number; pattern?: string }
  | { type: 'integer'; min?: number; max?: number }
  | { type: 'reference' | 'digest' | 'moment' | 'day' | 'boolean' | 'any_object' }
  | { type: 'one_of'; values: string[] }
  | { type: 'list'; of: FieldType }
  | { type: 'object'; name: string }
  | { type: 'any_of'; of: FieldType[] }

/** A member of an object: it may be left out if `optional`, and be null if `nullable`. */
export type MemberType = FieldType & { optional?: boolean; nullable?: boolean }

export type Merging = 'later clock' | 'a person' | 'author'

/** A kind of record. `dated` are the fields that are a moment or may hold one inside. */
export interface Kind {
  name: string
  label: string
  merging: Merging
  names_resident: boolean
  fields: Readonly<Record<string, FieldType>>
  families: Readonly<Record<string, FieldType>>
  sets: ReadonlySet<string>
  required: readonly string[]
  on_create_only: ReadonlySet<string>
  references: Readonly<Record<string, string>>
  moments: ReadonlySet<string>
  dated: ReadonlySet<string>
}

interface KindData {
  label: string
  merging: string
  names_resident: boolean
  fields: Record<string, FieldType>
  families: Record<string, FieldType>
  sets: string[]
  required: string[]
  on_create_only: string[]
  references: Record<string, string>
  moments: string[]
  dated: string[]
}

interface KindsFile {
  kinds: Record<string, KindData>
  objects: Record<string, Record<string, MemberType>>
  reference_kinds: string[]
  opened_by_server: string[]
  reference_village: string
}

interface LabelsFile {
  labels: Record<string, { zh: string; en: string }>
  of_kind: Record<string, { zh: string; en: string }>
}

const DATA = kindsData as KindsFile
const FIELD_LABELS: LabelsFile = labelsData

export const KINDS: ReadonlyMap<string, Kind> = new Map(
  Object.entries(DATA.kinds).map(([name, kind]) => [name, madeKind(name, kind)]),
)
/** The objects that fields hold (Location, Finding …), by name. */
export const OBJECTS: Readonly<Record<string, Readonly<Record<string, MemberType>>>> = DATA.objects
export const REFERENCE_KINDS: ReadonlySet<string> = new Set(DATA.reference_kinds)
/** Kinds that follow from other operations; a device may change them, never create them. */
export const OPENED_BY_SERVER: ReadonlySet<string> = new Set(DATA.opened_by_server)
/** The feed that every device follows: catalogue, forms, calendar, divisions. */
export const REFERENCE_VILLAGE = DATA.reference_village

function madeKind(name: string, kind: KindData): Kind {
  const merging = kind.merging === 'a person' || kind.merging === 'author' ? kind.merging : 'later clock'
  return {
    name,
    label: kind.label,
    merging,
    names_resident: kind.names_resident,
    fields: kind.fields,
    families: kind.families,
    sets: new Set(kind.sets),
    required: kind.required,
    on_create_only: new Set(kind.on_create_only),
    references: kind.references,
    moments: new Set(kind.moments),
    dated: new Set(kind.dated),
  }
}

/** The type of a field, families included; undefined where the kind has no such field. */
export function fieldType(kind: Kind, field: string): FieldType | undefined {
  if (Object.hasOwn(kind.fields, field)) return kind.fields[field]
  const slash = field.indexOf('/')
  const family = field.slice(0, slash)
  if (slash < 0 || slash === field.length - 1 || !Object.hasOwn(kind.families, family)) return undefined
  return kind.families[family]
}

/** What people call a field; one of a family by its family, with what it is about. */
export function fieldLabel(kind: string, field: string): Label {
  const slash = field.indexOf('/')
  const family = slash < 0 ? field : field.slice(0, slash)
  const label = FIELD_LABELS.of_kind[`${kind}/${family}`] ?? FIELD_LABELS.labels[family]
  const found = label ?? { zh: family, en: family.replaceAll('_', ' ') }
  if (slash < 0) return found
  const rest = field.slice(slash + 1)
  return { zh: `${found.zh}（${rest}）`, en: `${found.en} (${rest})` }
}
