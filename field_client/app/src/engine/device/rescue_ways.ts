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
import { CHAIN_BYTES_MAX, CODES_MAX, qrChain, ScannedChain } from '../sync/qr_chain'
import type { RescueReply } from '../wire/messages'
import { carriedFiles, carry, dropCarried } from './carried'
import type { Database } from './database'
import type { StoredIdentity } from './identity'
import { makeRescueFile, RescueImpossible, type RescueSource, type RescueWishes } from './rescue'
import { readStanding } from './standing'

/** What the ways out are given of the phone. */
export interface RescueSurroundings {
  database: Database
  transport: () => Transport
  /** While the vault is open. */
  identity: () => StoredIdentity | null
  nowMs: () => number
  /** The server took a file of this phone in. */
  handedOver: (reply: RescueReply) => Promise<void>
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
    const { blob } = await this.made({})
    const token = identity()?.token ?? null
    const reply = await handInRescue(transport(), blob, token)
    await handedOver(reply)
    // a colleague's file that waits here is not left behind either
    await handInCarried(database, transport(), { token, epoch: reply.epoch, nowMs: nowMs() })
    return handedIn(reply)
  }

  private async made(wishes: RescueWishes): Promise<MadeRescueFile> {
    const { database } = this.around
    const limits = this.around.identity()?.limits
    return makeRescueFile(database, await this.source(), { bytesMax: limits?.rescue_bytes, ...wishes })
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
