/**
 * The order of house numbers as people walk them: 3组2号 before 3组12号, 12号 before 12-1号 before 13号; the twin of
 * `grid_map/house_numbers.py`.
 */
const GROUP = /(\d+)(?:村民)?(?:组|小组|队)/
const CHINESE_NUMBER = /([零〇一二三四五六七八九十]+)(?=(?:村民)?(?:组|小组|队|号|幢|栋|单元|弄|室))/g
const WORDS = /号|室|幢|栋|单元|弄|楼|附|之|[-—–－·、,，/\s]|\d+/g
const DIGITS = '零一二三四五六七八九'

/** A sorting key: villagers' group (0 without one), street, the numbers in turn, the text itself. */
export interface HouseNumberKey {
  group: number
  street: string
  numbers: readonly number[]
  text: string
}

/** Full-width digits and Chinese numerals before 组, 号, 幢 … are read as numbers; nothing is ever refused. */
export function houseNumberKey(address: string): HouseNumberKey {
  const text = address
    .normalize('NFKC')
    .trim()
    .replace(CHINESE_NUMBER, (numeral) => String(chineseNumber(numeral)))
  const group = GROUP.exec(text)
  const rest = group ? `${text.slice(0, group.index)} ${text.slice(group.index + group[0].length)}` : text
  return {
    group: group ? Number(group[1]) : 0,
    street: rest.replace(WORDS, ''),
    numbers: (rest.match(/[0-9]{1,9}/g) ?? []).map(Number),
    text,
  }
}

/** Negative, 0 or positive, as `Array.sort` wants it. */
export function compareHouseNumbers(one: HouseNumberKey, other: HouseNumberKey): number {
  return (
    one.group - other.group ||
    compareText(one.street, other.street) ||
    compareNumbers(one.numbers, other.numbers) ||
    compareText(one.text, other.text)
  )
}

function compareNumbers(one: readonly number[], other: readonly number[]): number {
  for (let at = 0; at < one.length && at < other.length; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0)
    if (difference) return difference
  }
  return one.length - other.length
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** 十 → 10, 二十三 → 23, 一〇二 → 102. */
function chineseNumber(numeral: string): number {
  const ten = numeral.indexOf('十')
  if (ten < 0) return Number([...numeral].map(digitOf).join(''))
  const tail = numeral.slice(ten + 1).replaceAll('十', '')
  const tens = ten > 0 ? digitOf(numeral.charAt(ten - 1)) : 1
  return tens * 10 + (tail ? digitOf(tail.slice(-1)) : 0)
}

function digitOf(character: string): number {
  return character === '〇' ? 0 : DIGITS.indexOf(character)
}
