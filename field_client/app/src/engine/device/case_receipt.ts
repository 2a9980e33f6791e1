/**
 * The slip of a proxy case: 收件回执（代办）. The village may not accept it, and the slip says so. Its QR code holds no
 * personal data: the number, the village and the item.
 */
import type { Cases } from '../api'
import { clockTime, dayInShanghai } from '../days'
import type { Item } from '../forms/catalogue'
import { chineseDay } from '../forms/handling/explanation'
import { MATERIAL_LABELS } from '../forms/handling/materials'
import { PROVISIONAL_TITLE } from '../forms/handling/receipt'
import type { Label } from '../problem'
import { text } from '../field_values'
import type { FieldRecord } from '../sync/record'
import { applicantOf, itemOfCase, materialsOf } from './case_facts'
import { numberOf, sheetOf } from './case_sheet'
import type { Core } from './core'

type Receipt = NonNullable<ReturnType<Cases['receipt']>>
type Line = Receipt['lines'][number]

const MEANING: Label = { zh: '说明', en: 'note' }
const NO_ACCEPTANCE = '本回执是村社代办收件的凭证，不是部门的受理通知；受理与办结时间以部门为准。'
const PROVISIONAL = '编号为手机离线生成的临时编号，正式编号由系统另行生成。'

/** The slip as lines, as text to share, and what its QR code holds; null for a case that has none. */
export function receiptOf(core: Core, record: FieldRecord): Receipt | null {
  const item = itemOfCase(core, record)
  const number = numberOf(record.values)
  if (number === null || item?.mode !== 'proxy') return null
  const village = core.view.villageName(record.village)
  const lines = linesOf(core, item, record, number, village)
  const told = lines.map((line) => `${line.label.zh}：${line.value}`)
  return {
    title: PROVISIONAL_TITLE,
    number,
    lines,
    qr: [PROVISIONAL_TITLE, `编号：${number}`, `村社：${village}`, `事项：${item.name}`].join('\n'),
    text: [PROVISIONAL_TITLE, ...told].join('\n'),
  }
}

function linesOf(core: Core, item: Item, record: FieldRecord, number: string, village: string): Line[] {
  const { values } = record
  const sheet = sheetOf(core, record)
  const lines: [label: Label, value: string][] = [
    [{ zh: '编号', en: 'number' }, number],
    [{ zh: '事项', en: 'item' }, item.name],
    [{ zh: '申请人', en: 'applicant' }, applicantOf(core, values).name],
    [{ zh: '收件村社', en: 'village' }, village],
    [{ zh: '登记时间', en: 'captured' }, minuteText(text(values, 'captured_at'))],
    [{ zh: '经办人', en: 'worker' }, core.view.workerName(text(values, 'first_contact') || record.by)],
    [{ zh: '材料', en: 'materials' }, materialsText(item, values)],
    [{ zh: '办理时限', en: 'time limit' }, sheet.promise?.text.zh ?? ''],
    [MEANING, values.official_number ? NO_ACCEPTANCE : NO_ACCEPTANCE + PROVISIONAL],
  ]
  return lines.filter(([, value]) => value).map(([label, value]) => ({ label, value }))
}

/** 身份证（已验原件）、申请表（缺） */
function materialsText(item: Item, values: FieldRecord['values']): string {
  const states = materialsOf(values)
  return (item.materials ?? [])
    .flatMap(({ key, name }) => {
      const state = states[key]
      return state === undefined ? [] : [`${name}（${MATERIAL_LABELS[state].zh}）`]
    })
    .join('、')
}

/** 2026年11月23日 09:12, in Haining. */
function minuteText(moment: string): string {
  return `${chineseDay(dayInShanghai(moment))} ${clockTime(Date.parse(moment))}`
}
