/** What this program needs of a browser, named for people where it is missing. */
import type { Label } from '../problem'

interface Surroundings {
  indexedDB?: unknown
  crypto?: { subtle?: unknown }
  navigator?: { locks?: unknown }
  BigInt?: unknown
  structuredClone?: unknown
  isSecureContext?: boolean
}

/** What is missing here; empty where everything is there. */
export function missingAbilities(here: Surroundings = globalThis as Surroundings): Label[] {
  const missing: Label[] = []
  if (here.isSecureContext === false)
    missing.push({ zh: '安全连接（请用 https 地址打开）', en: 'a secure connection (https)' })
  else if (!here.crypto?.subtle) missing.push({ zh: '数据加密', en: 'encryption (WebCrypto)' })
  if (!here.indexedDB) missing.push({ zh: '本机数据库', en: 'a database on the phone (IndexedDB)' })
  if (!here.navigator?.locks) missing.push({ zh: '多页面保护', en: 'locks between tabs (Web Locks)' })
  if (!here.BigInt || !here.structuredClone)
    missing.push({ zh: '较新的浏览器版本', en: 'a newer version of the browser' })
  return missing
}
