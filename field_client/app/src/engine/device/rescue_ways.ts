/**
 * The ways out that need no PIN: this phone's rescue file, its QR codes, handing it in at once, and colleagues' files. All
 * of them work upon the database alone, so that they are there in every phase that has one.
 */
import type {
  Carried,
  CarriedFile,
  HandedIn,
  MadeRescueFile,
  Rescue,
  RescueAbout,
  Scanning,
} from '../api/rescue'
import { handInCarried } from '../exchange/carried'
import { handedIn, handInRescue } from '../exchange/rescue'
import type { Transport } from '../exchange/transport'
import { momentMs } from '../sync/clock'
import { CHAIN_BYTES_MAX, CODES_MAX, qrChain, ScannedChain } from '../sync/qr_chain'
import type { RescueReply } from '../wire/messages'
import { carriedFiles, carry, dropCarried } from './carried'
import type { Database } from './database'
import type { StoredIdentity } from './identity'
import {
  makeRescueFile,
  RescueImpossible,
  RescueTooLarge,
  type RescueFile,
  type RescueSource,
  type RescueWishes,
} from './rescue'
import { readStanding, type Handed, type Unsent } from './standing'

/** What the ways out are given of the phone. */
export interface RescueSurroundings {
  database: Database
  transport: () => Transport
  /** While the vault is open. */
  identity: () => StoredIdentity | null
  nowMs: () => number
  /** The server took in all that lay here; what did not arrive then, as it was when that began. */
  handedOver: (unsent: Unsent, handed: Handed) => Promise<void>
}

/** Codes of a small file are made of pieces of this size, which any camera reads; of a larger one of larger pieces. */
const EASY_CHUNK_BYTES = 400

export class RescueWays implements Rescue {
  constructor(private readonly around: RescueSurroundings) {}

  async about(): Promise<RescueAbout> {
    const { database } = this.around
    const [standing, sealed, keys] = await Promise.all([
      readStanding(database),
      database.get('meta', 'sealed_data_key'),
      database.get('meta', 'keys'),
    ])
    return {
      device: standing?.device.slice(-8) ?? '',
      unsent: standing?.unsent.operations ?? 0,
      files: standing?.unsent.files ?? 0,
      possible: Boolean(standing?.device) && sealed !== undefined && keys !== undefined,
    }
  }

  file(): Promise<MadeRescueFile> {
    return this.made({})
  }

  async codes(): Promise<string[] | null> {
    if ((await this.about()).unsent === 0) return null
    const { blob } = await this.made({ smallest: true })
    if (blob.size > CHAIN_BYTES_MAX) return null
    const bytes = new Uint8Array(await blob.arrayBuffer())
    return qrChain(bytes, Math.max(EASY_CHUNK_BYTES, Math.ceil(bytes.length / CODES_MAX)))
  }

  async handOver(): Promise<HandedIn> {
    const { database, transport, identity, nowMs, handedOver } = this.around
    const token = identity()?.token ?? null
    const before = await readStanding(database)
    const reply = await this.handInAll(token)
    if (before !== null) {
      const { time, epoch } = reply
      await handedOver(before.unsent, { at_ms: momentMs(time), epoch })
    }
    // a colleague's file that waits here is not left behind either
    await handInCarried(database, transport(), { token, epoch: reply.epoch, nowMs: nowMs() })
    return handedIn(reply)
  }

  /** In as many files as the server's limit makes of it; the counts of all of them. */
  private async handInAll(token: string | null): Promise<RescueReply> {
    const without = new Set<string>()
    let whole: RescueReply | null = null
    for (;;) {
      const made = await this.made({ unsentFiles: true, without })
      const reply = await handInRescue(this.around.transport(), made.blob, token)
      whole = whole === null ? reply : together(whole, reply)
      if (made.filesLeftOut === 0) return whole
      // one that is larger than all that the server takes at once is not handed over, and so nothing of it goes
      if (made.digests.length === 0) throw new RescueTooLarge()
      for (const digest of made.digests) without.add(digest)
    }
  }

  private async made(wishes: RescueWishes): Promise<RescueFile> {
    const { database } = this.around
    const bytesMax = (await readStanding(database))?.rescue_bytes
    return makeRescueFile(database, await this.source(), { ...(bytesMax ? { bytesMax } : {}), ...wishes })
  }

  private async source(): Promise<RescueSource> {
    const { database, identity, nowMs } = this.around
    const standing = await readStanding(database)
    if (!standing?.device) throw new RescueImpossible()
    return {
      device: standing.device,
      worker: identity()?.worker.id ?? '',
      epoch: standing.epoch,
      cipher: standing.cipher,
      sealingKey: standing.sealing_key,
      unsentFrom: standing.unsent.counter,
      madeAtMs: nowMs(),
    }
  }
}

/** What two files of the same phone brought. The operations go along with each: they are new in the first. */
function together(one: RescueReply, next: RescueReply): RescueReply {
  return {
    ...one,
    files_new: one.files_new + next.files_new,
    files_known: one.files_known + next.files_known,
  }
}

export class CarriedWays implements Carried {
  constructor(private readonly around: RescueSurroundings) {}

  all(): Promise<CarriedFile[]> {
    return carriedFiles(this.around.database)
  }

  take(file: Blob): Promise<CarriedFile> {
    return carry(this.around.database, file, this.around.nowMs())
  }

  drop(id: string): Promise<() => Promise<void>> {
    return dropCarried(this.around.database, id)
  }

  async handIn(): Promise<CarriedFile[]> {
    const { database, transport, identity, nowMs } = this.around
    const own = identity()
    await handInCarried(database, transport(), {
      token: own?.token ?? null,
      epoch: own?.epoch ?? null,
      nowMs: nowMs(),
      refusedToo: true,
    })
    return this.all()
  }

  scanning(): Scanning {
    const chain = new ScannedChain()
    return {
      get total() {
        return chain.total
      },
      missing: () => chain.missing(),
      take: (text) => chain.take(text),
      file: () => {
        const bytes = chain.file()
        return bytes === null ? null : new Blob([bytes])
      },
      clear: () => chain.clear(),
    }
  }
}
