/** How an item version stood when a case was captured and when it arrived; the twin of `forms/standing.py`. */
import { inForce, type Catalogue } from './catalogue'

export type ItemStanding =
  'current' | 'expired-after-capture' | 'expired-before-capture' | 'unknown' | 'newer'

/**
 * The standing of a version, by days (ISO) in Asia/Shanghai. `newer`: later than any version known here, or not in force
 * yet on the day of the capture. `unknown`: no such item, or a version that never was.
 */
export function itemStanding(
  catalogue: Catalogue,
  key: string,
  version: number,
  capturedOn: string,
  receivedOn: string,
): ItemStanding {
  const versions = catalogue.items.filter((one) => one.key === key)
  if (!versions.length) return 'unknown'
  if (version > Math.max(...versions.map((one) => one.version))) return 'newer'
  const item = catalogue.item(key, version)
  if (item === undefined) return 'unknown'
  if (capturedOn < item.effective_from) return 'newer'
  if (!inForce(item, capturedOn)) return 'expired-before-capture'
  const last = capturedOn > receivedOn ? capturedOn : receivedOn
  return inForce(item, last) ? 'current' : 'expired-after-capture'
}
