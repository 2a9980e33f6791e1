/** What lies on the disk, seen beside the device that has it. */
import { Database, STORES } from '@/engine/device/database'
import { wipe } from '@/engine/device/wipe'

/** The keys of a store, without claiming the database: the device goes on. */
async function keysOnDisk(stores: readonly string[]): Promise<Map<string, string[]>> {
  const disk = await asked(indexedDB.open('allpost'))
  const found = new Map<string, string[]>()
  for (const store of stores) {
    const keys = await asked(disk.transaction(store).objectStore(store).getAllKeys())
    found.set(store, keys.map(String).sort())
  }
  disk.close()
  return found
}

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(new Error('not read'))
  })
}

export async function metaNames(): Promise<string[]> {
  return (await keysOnDisk(['meta'])).get('meta') ?? []
}

/** How many rows each store has that has any. */
export async function rowCounts(): Promise<Record<string, number>> {
  const found = [...(await keysOnDisk(STORES))].filter(([, keys]) => keys.length > 0)
  return Object.fromEntries(found.map(([store, keys]) => [store, keys.length]))
}

/** Done as an order does it, when what the device was about to write is written. */
export async function wipeOnDisk(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20))
  const disk = await Database.open('wiping', () => undefined)
  await wipe(disk, 1)
  disk.close()
}
