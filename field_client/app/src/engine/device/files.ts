/** Files (signatures), sealed, under the SHA-256 of their bytes; they wait for a server that takes files. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Files } from '../api'
import type { Database } from './database'
import { placeOf, type Bytes, type Vault } from './vault'

interface FileRow {
  type: string
  sealed: Bytes
}

export class FileStore implements Files {
  private constructor(
    private readonly database: Database,
    private readonly vault: Vault,
    private readonly names: Set<string>,
  ) {}

  static async open(database: Database, vault: Vault): Promise<FileStore> {
    const names = (await database.keys('files')).map(String)
    return new FileStore(database, vault, new Set(names))
  }

  /** How many wait. */
  get waiting(): number {
    return this.names.size
  }

  /** Keep a file; its digest. It is on the disk when the promise is fulfilled. StorageFull. */
  async keep(bytes: Uint8Array, type: string): Promise<string> {
    const plain = new Uint8Array(bytes)
    const digest = bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', plain)))
    const sealed = await this.vault.sealBytes(placeOf('files', digest), plain)
    const row: FileRow = { type, sealed }
    await this.database.transact([{ store: 'files', key: digest, value: row }])
    this.names.add(digest)
    return digest
  }

  /** A file by its digest; null if it is not here. StoreDamaged where it was altered. */
  async read(digest: string): Promise<Blob | null> {
    const row = (await this.database.get('files', digest)) as FileRow | undefined
    if (row === undefined) return null
    return new Blob([await this.vault.openBytes(placeOf('files', digest), row.sealed)], { type: row.type })
  }
}
