/**
 * The vault: one data key of 32 random bytes, under which everything personal on this phone is sealed by its cipher
 * (cipher.ts).
 *
 * Each seal has a random nonce of its own in front, and additional data that says what it is and where it stands, so that
 * sealed values cannot be changed for one another. How the data key is kept is in key_box.ts.
 */
import { Locked, StoreDamaged } from '../errors'
import { AES_256_GCM, cipherOf, KEY_BYTES, type Bytes, type Cipher, type CipherName } from './cipher'
import type { Key, StoreName, Write } from './database'
import { sealTo } from './sealing'

export { KEY_BYTES, type Bytes }

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class Vault {
  private constructor(
    private cipher: Cipher | null,
    private readonly raw: Bytes,
    /** Which cipher it seals by; kept beside the data key. */
    readonly cipherName: CipherName,
  ) {}

  /** A vault under a data key of 32 bytes; the bytes are the vault's from now on. */
  static async under(dataKey: Bytes, cipher: CipherName = AES_256_GCM): Promise<Vault> {
    return new Vault(await cipherOf(cipher, dataKey), dataKey, cipher)
  }

  /** Forget the key: nothing more is sealed or opened. */
  lock(): void {
    this.cipher?.forget()
    this.cipher = null
    this.raw.fill(0)
  }

  /** The data key sealed to the server's public point, under this device's id (docs/protocol.md, Unlock). */
  async sealToServer(publicPoint: Bytes, device: string): Promise<Bytes> {
    this.opened()
    const id = encoder.encode(device)
    const plain = new Uint8Array(id.length + this.raw.length)
    plain.set(id)
    plain.set(this.raw, id.length)
    const sealed = await sealTo(publicPoint, plain)
    plain.fill(0)
    return sealed
  }

  /** A copy of the data key, to keep it under another PIN. To be wiped by whoever asks. */
  dataKey(): Bytes {
    this.opened()
    return this.raw.slice()
  }

  /** Seal a text for a place. Locked. */
  seal(place: string, text: string): Promise<Bytes> {
    return this.sealBytes(place, encoder.encode(text))
  }

  /** The text that was sealed for a place. StoreDamaged where it is not that; Locked. */
  async open(place: string, sealed: unknown): Promise<string> {
    return decoder.decode(await this.openBytes(place, sealed))
  }

  async sealBytes(place: string, plain: Bytes): Promise<Bytes> {
    const cipher = this.opened()
    const nonce = crypto.getRandomValues(new Uint8Array(cipher.nonceBytes))
    return this.unlessLocked(cipher.seal(plain, encoder.encode(place), nonce))
  }

  async openBytes(place: string, sealed: unknown): Promise<Bytes> {
    const cipher = this.opened()
    if (!isBytes(sealed)) throw new StoreDamaged(new TypeError(`nothing sealed at ${place}`))
    return this.unlessLocked(cipher.open(sealed, encoder.encode(place)))
  }

  /** The write that puts a text, sealed for its place. */
  async sealedWrite(store: StoreName, key: Key, text: string): Promise<Write> {
    return { store, key, value: await this.seal(placeOf(store, key), text) }
  }

  /** The texts of a whole store. */
  openAll(store: StoreName, rows: readonly (readonly [Key, unknown])[]): Promise<[Key, string][]> {
    return Promise.all(
      rows.map(async ([key, sealed]): Promise<[Key, string]> => [
        key,
        await this.open(placeOf(store, key), sealed),
      ]),
    )
  }

  private opened(): Cipher {
    if (this.cipher === null) throw new Locked()
    return this.cipher
  }

  /** A key that was forgotten meanwhile seals nothing that could be opened. */
  private async unlessLocked(work: Promise<Bytes>): Promise<Bytes> {
    const made = await work
    this.opened()
    return made
  }
}

function isBytes(value: unknown): value is Bytes {
  return value instanceof Uint8Array && value.buffer instanceof ArrayBuffer
}

/** What a seal says of where it stands. */
export function placeOf(store: StoreName, key: Key): string {
  return `${store}:${key}`
}

/** A new data key. */
export function newDataKey(): Bytes {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES))
}
