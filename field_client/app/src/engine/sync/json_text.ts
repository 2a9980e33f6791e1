/**
 * Whether a JSON text is the protocol's: no key twice in an object, integers within ±(2^53−1), no other numbers.
 *
 * `JSON.parse` forgets all of this, so the text itself is walked. It is given only texts that `JSON.parse` accepts.
 */

const TWICE = 'a key stands twice in one object'
const TOO_LARGE = 'an integer beyond ±(2^53−1)'
const FRACTION = 'a number that is no integer must be written as text'
const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y
const TEXT = /"(?:[^"\\]|\\.)*"/y

/** The first fault of a JSON text, or null; and whether it holds a lone surrogate, which is no text at all. */
export function textFaults(json: string): { fault: string | null; loneSurrogate: boolean } {
  const objects: (Set<string> | null)[] = []
  const faults: string[] = []
  let loneSurrogate = false
  let at = 0
  while (at < json.length) {
    const sign = json.charAt(at)
    if (sign === '"') {
      const written = matched(TEXT, json, at)
      at += written.length
      const text = String(JSON.parse(written))
      loneSurrogate ||= !isWellFormed(text)
      const keys = objects.at(-1)
      if (keys && /^\s*:/.test(json.slice(at, at + 64))) {
        if (keys.has(text)) faults.push(TWICE)
        keys.add(text)
      }
      continue
    }
    if (sign === '{') objects.push(new Set())
    else if (sign === '[') objects.push(null)
    else if (sign === '}' || sign === ']') objects.pop()
    else if (sign === '-' || (sign >= '0' && sign <= '9')) {
      const written = matched(NUMBER, json, at)
      at += written.length
      const fault = numberFault(written)
      if (fault !== null) faults.push(fault)
      continue
    }
    at += 1
  }
  return { fault: faults[0] ?? null, loneSurrogate }
}

function matched(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? text.charAt(at)
}

function numberFault(written: string): string | null {
  if (/[.eE]/.test(written)) return FRACTION
  return Number.isSafeInteger(Number(written)) ? null : TOO_LARGE
}

/** Whether a text is UTF-16 without lone surrogates. */
export function isWellFormed(text: string): boolean {
  return !/(?:^|[^\ud800-\udbff])[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/.test(text)
}
