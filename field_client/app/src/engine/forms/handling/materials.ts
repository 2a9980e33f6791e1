/**
 * The materials of a case: what was seen at capture, and telling once, in full, what is missing (一次性告知). The twin of
 * `forms/handling/materials.py`. A material whose necessity is not stated counts as needed, as it stands in the list; a
 * conditional one counts when somebody said that its condition holds.
 */
import data from '../../data/handling.json'
import type { Label, Problem } from '../../problem'
import type { Item, Material } from '../catalogue'
import { pointerTo } from '../messages'
import { chineseDay } from './explanation'

export type MaterialState = keyof typeof data.material_labels
/** How each material was met, by its key. */
export type MaterialStates = Readonly<Record<string, string>>

export const MATERIAL_LABELS: Readonly<Record<MaterialState, Label>> = data.material_labels

/** All that is missing, told on one day in writing. Ready once everything was looked at, and something is missing. */
export interface Notice {
  missing: Material[]
  /** Needed materials that nobody has looked at: with them the notice could not be complete. */
  unchecked: Material[]
  text: string
  ready: boolean
}

type Listed = Pick<Item, 'name' | 'materials' | 'materials_note'>

/** Whether a text says how a material was met. */
export function isMaterialState(value: unknown): value is MaterialState {
  return typeof value === 'string' && Object.hasOwn(MATERIAL_LABELS, value)
}

/** Whether a case needs the material; `applying`: the keys of conditional ones whose condition holds. */
export function isNeeded(material: Material, applying: readonly string[] = []): boolean {
  return material.necessity !== 'conditional' || applying.includes(material.key)
}

/** Problems of what was written down: `unknown-material`, `unknown-material-state`; pointers by key. */
export function checkMaterials(item: Pick<Item, 'materials'>, states: MaterialStates): Problem[] {
  const keys = new Set((item.materials ?? []).map((material) => material.key))
  return Object.entries(states).flatMap(([key, state]) => {
    const pointer = pointerTo('materials', key)
    const found: Problem[] = []
    if (!keys.has(key)) {
      found.push({
        pointer,
        code: 'unknown-material',
        message: '事项材料清单中没有这一项',
        message_en: 'the item lists no such material',
      })
    }
    if (!isMaterialState(state)) {
      found.push({
        pointer,
        code: 'unknown-material-state',
        message: '材料状态应为已验原件、复印件、照片或缺',
        message_en: 'a material is original_seen, copy, photo or missing',
      })
    }
    return found
  })
}

/** The notice of everything missing at once (for licences: 行政许可法 art. 32); `toldOn` an ISO day. */
export function oneOffNotice(
  item: Listed,
  states: MaterialStates,
  toldOn: string,
  applying: readonly string[] = [],
): Notice {
  const needed = (item.materials ?? []).filter((material) => isNeeded(material, applying))
  const missing = needed.filter((material) => states[material.key] === 'missing')
  const unchecked = needed.filter((material) => !Object.hasOwn(states, material.key))
  return {
    missing,
    unchecked,
    text: textOf(item, missing, unchecked, toldOn),
    ready: missing.length > 0 && unchecked.length === 0,
  }
}

function textOf(item: Listed, missing: Material[], unchecked: Material[], toldOn: string): string {
  const lines: string[] = []
  if (missing.length) {
    lines.push(`您申请的“${item.name}”还缺以下${missing.length}项材料，请一次补齐：`)
    lines.push(...missing.map((material, at) => `${at + 1}. ${described(material)}`))
  } else if (!unchecked.length) lines.push(`“${item.name}”所需材料齐全。`)
  if (unchecked.length) {
    lines.push(`尚未核对：${unchecked.map((material) => material.name).join('、')}`)
  }
  if (item.materials_note) lines.push(`说明：${item.materials_note}`)
  lines.push(`告知日期：${chineseDay(toldOn)}`)
  return lines.join('\n')
}

/** A material with what is known of it; what the catalogue does not know is left out, never filled in. */
function described(material: Material): string {
  const told: [title: string, text: string | null | undefined][] = [
    ['适用情形', material.condition],
    ['规格份数', material.copies],
    ['材料来源', material.source],
    ['审查要点', (material.review_points ?? []).join('、')],
  ]
  const known = told.filter(([, text]) => text).map(([title, text]) => `${title}：${text}`)
  return material.name + (known.length ? `（${known.join('；')}）` : '')
}
