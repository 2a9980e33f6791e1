/** What a reply that is no success means: the server is busy, refuses the call, or was never reached. */
import { CallRefused, type ExchangeFailed, ServerBusy, Unreachable } from '../errors'

const BUSY = new Set([429, 502, 503, 504, 507])
/** Told with these statuses, but no reason to send the same again soon. */
const NOT_BUSY = new Set(['too-many-attempts', 'store-full'])

/** The error of a reply, given its body as text. */
export function refusalOf(response: Response, text: string): ExchangeFailed {
  const document = problemDocument(text)
  const code =
    String(document?.['type'] ?? '')
      .split('/')
      .at(-1) ?? ''
  const busy = BUSY.has(response.status) || response.status >= 500
  if (busy && !NOT_BUSY.has(code)) return new ServerBusy(response.status, retryAfterSeconds(response))
  // a proxy in front may refuse a large body in its own words; whatever else it says is not the server's
  if (document === null && response.status !== 413) {
    return new Unreachable(new Error(`status ${response.status} without a problem document`))
  }
  return new CallRefused(response.status, code, document ?? {})
}

function problemDocument(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    const known = typeof value === 'object' && value !== null && 'type' in value
    return known ? { ...value } : null
  } catch {
    return null
  }
}

function retryAfterSeconds(response: Response): number | null {
  const told = response.headers.get('retry-after')
  const seconds = told === null ? NaN : Number(told)
  return Number.isFinite(seconds) ? seconds : null
}
