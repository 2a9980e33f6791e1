/**
 * Wiping a phone on the server's order, with the vault open or not.
 *
 * Invariants
 * - The order is on the disk before anything of it is done: a phone that is killed in between goes on at its next start,
 *   with or without a network. Where the disk is too full for that, it is done all the same.
 * - One transaction removes everything but what the server is not known to have (sealed, as it lies), what tells of it
 *   (standing.ts), the data key sealed to the server, and the keys that sign the hand-over. No PIN and no code opens it.
 * - When the server has taken that in, the rest goes too. Colleagues' rescue files, which only the server can open, stay
 *   until they are handed in.
 */
import { unlessFull, WIPED, type Database, type Write } from './database'
import { readStanding, standingUpdate, type Standing } from './standing'

/** In `meta` under `WIPED`. */
interface WipedRow {
  atMs: number
}

/** Remove it now. A second time removes what is left to be removed. */
export async function wipe(database: Database, atMs: number): Promise<void> {
  if ((await wipedMs(database)) !== null) return
  await unlessFull(database.transact([standingUpdate({ orders: 'wipe' })]))
  database.beginWipe()
  const standing = await readStanding(database)
  // what only removes needs no room, and makes some for the note
  await database.transact(removing(standing?.unsent.counter ?? Infinity))
  const value: WipedRow = { atMs }
  await unlessFull(database.transact([{ store: 'meta', key: WIPED, value }]))
}

/** When this phone was wiped; null where it was not. */
export async function wipedMs(database: Pick<Database, 'get'>): Promise<number | null> {
  return ((await database.get('meta', WIPED)) as WipedRow | undefined)?.atMs ?? null
}

/** Whether a wipe was ordered; where it was begun and not ended, it is to be ended now. */
export async function wipeOrdered(database: Pick<Database, 'get'>): Promise<boolean> {
  return (await readStanding(database))?.orders === 'wipe'
}

/** The server has taken in what was left: all of it goes, and the phone is as new. What it was, for the last screen. */
export async function endWipe(database: Database): Promise<Standing | null> {
  const standing = await readStanding(database)
  await database.transact([
    { store: 'outbox', clear: true },
    { store: 'files', clear: true },
    { store: 'meta', where: (key) => key !== 'owner' },
    { store: 'carried', where: (_, value) => handedIn(value) },
  ])
  database.endWipe()
  return standing
}

function removing(unsentFrom: number): Write[] {
  return [
    { store: 'sealed', clear: true },
    { store: 'blocks', clear: true },
    { store: 'drafts', clear: true },
    { store: 'segments', clear: true },
    { store: 'receipts', clear: true },
    { store: 'outbox', below: unsentFrom },
    { store: 'files', where: (_, row) => arrived(row) },
    ...['vault', 'recovery', 'recovery_untold', 'pin_tries', 'pending_keys'].map((name): Write => ({
      store: 'meta',
      remove: name,
    })),
  ]
}

/** Whether the server has this file durably. */
function arrived(row: unknown): boolean {
  return typeof row === 'object' && row !== null && 'arrivedMs' in row && typeof row.arrivedMs === 'number'
}

function handedIn(row: unknown): boolean {
  return typeof row === 'object' && row !== null && 'handed' in row && row.handed !== null
}
