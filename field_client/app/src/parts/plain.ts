/** Values as JSON has them. */

/** A copy without Vue's proxies, which the engine may keep. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** A record's field as text; empty where there is none. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A record's field as a list of texts. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}
