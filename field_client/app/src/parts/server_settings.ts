/** What the server says to every phone before anybody signs in; kept, so that it is known without a signal. */

export interface ServerSettings {
  tiles: { url: string; attribution: string; system: 'wgs84' | 'gcj02' } | null
  version: string
  demonstration: boolean
}

const KEY = 'allpost-server'

/** As last told; null on a phone that never reached the server. */
export function knownServerSettings(): ServerSettings | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as ServerSettings | null
  } catch {
    return null
  }
}

/** Asked anew, or as last told where the server cannot be reached. */
export async function serverSettings(): Promise<ServerSettings | null> {
  const known = knownServerSettings()
  try {
    const reply = await fetch(`${import.meta.env.BASE_URL}settings.json`, { cache: 'no-store' })
    if (!reply.ok) return known
    const told = (await reply.json()) as ServerSettings
    localStorage.setItem(KEY, JSON.stringify(told))
    if (known && known.tiles?.url !== told.tiles?.url) await renewShell()
    return told
  } catch {
    return known
  }
}

/**
 * The page's policy, which names where map tiles may come from, is kept with the page for offline use: fetch it again
 * when the tiles moved. It counts from the next opening on.
 */
async function renewShell(): Promise<void> {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const kept of await cache.keys()) {
      if (!new URL(kept.url).pathname.endsWith('/index.html')) continue
      const page = await fetch(`${import.meta.env.BASE_URL}index.html`, { cache: 'reload' })
      if (page.ok) await cache.put(kept, page)
    }
  }
}
