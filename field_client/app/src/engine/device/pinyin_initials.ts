/**
 * The initials of a name's pinyin: 沈建国 → sjg. The dictionary is loaded lazily, as it is larger than the first screen;
 * until it is there names are found by their characters only. Initials are kept for each character, not each name: a
 * village has thousands of names of some hundred characters.
 */
export type Initials = (text: string) => string
type Pinyin = Pick<typeof import('pinyin-pro'), 'pinyin'>

let loading: Promise<Initials | null> | null = null

/** The dictionary; null where it could not be loaded, and then the next call tries again. */
export function loadInitials(
  load: () => Promise<Pinyin> = () => import('pinyin-pro'),
): Promise<Initials | null> {
  loading ??= load()
    .then(initialsBy)
    .catch(() => {
      loading = null
      return null
    })
  return loading
}

/** All initials by which a text may be found: by first readings, and with its first character read as a surname. */
function initialsBy({ pinyin }: Pinyin): Initials {
  const plain = new Map<string, string>()
  const surnames = new Map<string, string>()
  const initialOf = (character: string) => {
    const known = plain.get(character)
    if (known !== undefined) return known
    const made = pinyin(character, { pattern: 'first', toneType: 'none' }).toLowerCase()
    plain.set(character, made)
    return made
  }
  const surnameOf = (character: string) => {
    const known = surnames.get(character)
    if (known !== undefined) return known
    // the second character keeps it from being read as a word by itself
    const [made = ''] = pinyin(`${character}某`, {
      pattern: 'first',
      toneType: 'none',
      type: 'array',
      surname: 'head',
    })
    surnames.set(character, made.toLowerCase())
    return made.toLowerCase()
  }
  return (text) => {
    const [head = '', ...rest] = text
    const tail = rest.map(initialOf).join('')
    const [asWord, asSurname] = [initialOf(head) + tail, surnameOf(head) + tail]
    return asWord === asSurname ? asWord : `${asWord}|${asSurname}`
  }
}
