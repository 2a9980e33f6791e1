/** Handing colleagues' rescue files in: once, and again where the server was restored since. */
import { type CarriedRow, carriedOutdated, carriedRows, noteCarried } from '../device/carried'
import type { Database } from '../device/database'
import { CallRefused } from '../errors'
import { handedIn, handInRescue } from './rescue'
import type { Transport } from './transport'

/** Refused for now, not for what the file is: tried again with every sync. */
const NOT_THE_FILE = new Set([401, 403])

export interface Handing {
  /** This phone's own token; null where it has none that it could use. */
  token: string | null
  /** The server's epoch as it is known; null where it is not (the vault is closed): nothing is handed in a second time. */
  epoch: string | null
  nowMs: number
  /** Those that the server refused too, as somebody asks for it. */
  refusedToo?: boolean
}

/** Hand in what waits; how many the server took. Unreachable, ServerBusy. */
export async function handInCarried(
  database: Database,
  transport: Transport,
  { token, epoch, nowMs, refusedToo = false }: Handing,
): Promise<number> {
  const rows = await carriedRows(database)
  await database.transact(carriedOutdated(rows, nowMs))
  let taken = 0
  for (const [id, row] of rows) {
    if (!isDue(row, epoch) || (row.refusal !== null && !refusedToo)) continue
    try {
      const reply = await handInRescue(transport, row.blob, token)
      await noteCarried(database, id, {
        handed: { epoch: reply.epoch, result: handedIn(reply) },
        refusal: null,
      })
      taken += 1
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error
      if (!NOT_THE_FILE.has(error.status))
        await noteCarried(database, id, { refusal: { zh: error.zh, en: error.en } })
    }
  }
  return taken
}

function isDue(row: CarriedRow, epoch: string | null): boolean {
  return row.handed === null || (epoch !== null && row.handed.epoch !== epoch)
}
