/** Files as screens see them: what is kept here, how it goes up, and what the server has. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Files, KeptFile, Uploading } from '../api'
import { NotFound, StoreDamaged } from '../errors'
import type { Transport } from '../exchange/transport'
import { linkNow, type Link } from '../exchange/upload_gate'
import type { Uploads } from '../exchange/uploads'
import type { FileStore } from './files'
import type { Store } from './store'

export class DeviceFiles implements Files {
  constructor(
    private readonly store: Store,
    private readonly kept: FileStore,
    private readonly uploads: Uploads,
    private readonly transport: Transport,
    private readonly changed: () => void,
  ) {}

  async keep(bytes: Uint8Array, type: string): Promise<string> {
    return this.then(this.kept.keep(bytes, type))
  }

  read(digest: string): Promise<Blob | null> {
    return this.kept.read(digest)
  }

  has(digest: string): boolean {
    return this.kept.has(digest)
  }

  list(): KeptFile[] {
    const { now } = this.uploads.standing()
    return this.kept
      .list()
      .map((one) => (one.digest === now?.digest ? { ...one, sentBytes: now.sentBytes } : one))
  }

  get uploading(): Uploading {
    return this.uploads.standing()
  }

  async fetch(digest: string): Promise<Blob> {
    const token = this.store.values.get('identity')?.token ?? ''
    const pieces: Uint8Array<ArrayBuffer>[] = []
    await this.transport.getBytes(`/files/${digest}`, token, 0, (bytes) => pieces.push(new Uint8Array(bytes)))
    const whole = new Uint8Array(await new Blob(pieces).arrayBuffer())
    const got = bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', whole)))
    if (got !== digest) throw new StoreDamaged(new Error('bytes that are not this file'))
    return new Blob([whole], { type: typeOf(whole) })
  }

  async tryAgain(digest: string): Promise<void> {
    await this.then(this.kept.takeRefusal(digest, null))
    this.uploads.begin()
  }

  async remove(digest: string): Promise<void> {
    const one = this.kept.list().find((kept) => kept.digest === digest)
    if (one === undefined) return
    if (one.standing === 'waiting') {
      throw new NotFound(
        '这张照片还没有上传，不能删除',
        'this photo is not uploaded yet; it cannot be removed',
      )
    }
    await this.then(this.kept.remove([digest]))
  }

  async dropArrived(): Promise<number> {
    const arrived = this.kept.list().filter((one) => one.standing === 'arrived')
    await this.then(this.kept.remove(arrived.map((one) => one.digest)))
    return arrived.length
  }

  goNow(): void {
    this.uploads.goNow()
  }

  waitForWifi(): void {
    this.uploads.waitForWifi()
  }

  link(): Link {
    return linkNow()
  }

  get wifiOnly(): boolean {
    return this.store.values.get('wifi_only') ?? false
  }

  async setWifiOnly(only: boolean): Promise<void> {
    await this.then(this.store.write((edit) => edit.values.set('wifi_only', only)))
    this.uploads.begin()
  }

  private async then<T>(work: Promise<T>): Promise<T> {
    const done = await work
    this.changed()
    return done
  }
}

/** A picture's type by its first bytes: nothing that came from a server is shown as anything else. */
function typeOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'image/jpeg'
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return 'image/png'
  if (bytes[0] === 0x52 && bytes[8] === 0x57) return 'image/webp'
  return 'application/octet-stream'
}
