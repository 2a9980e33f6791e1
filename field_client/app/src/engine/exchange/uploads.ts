/**
 * Photos and signatures on their way: one at a time, the oldest first, after the records that name them.
 *
 * Invariants
 * - Only what an operation names goes up; what a draft names waits for it.
 * - A file counts as arrived when the server says so of its digest (`/files/known`), never by an upload's own reply. The
 *   same question finds out what a restored server lost: that goes up again.
 * - While a sync is under way no piece is begun: records come first, also in the middle of a file.
 */
import type { KeptFile, Uploading, UploadHold } from '../api'
import { waitMs } from '../backoff'
import type { FileStore } from '../device/files'
import type { Store } from '../device/store'
import { CallRefused, FieldError, ServerBusy, StoreDamaged } from '../errors'
import type { Label } from '../problem'
import type { FilesKnownReply } from '../wire/messages'
import type { Transport } from './transport'
import { type Answered, heldBack, type Link, linkNow, measuredSpeed } from './upload_gate'
import { uploadOne } from './upload_one'

/** As many digests as a question may hold. */
const ASKED_MAX = 500
const FIRST_RETRY_MS = 5_000
const MOST_RETRY_MS = 5 * 60_000
const DAMAGED: Label = {
  zh: '这张照片在手机里损坏，读不出来',
  en: 'this photo was damaged on the phone and cannot be read',
}
const NOT_KEPT: Label = {
  zh: '服务器没有留下这个文件，稍后重传',
  en: 'the server did not keep the file; it is sent again later',
}

export interface UploadsOptions {
  store: Store
  files: FileStore
  transport: Transport
  /** In place of the network, for faults on purpose. */
  fetch?: typeof fetch
  /** Fulfilled when no sync is under way. */
  turn: () => Promise<void>
  /** The server is of another epoch than the one known: a sync is wanted before anything else. */
  otherEpoch: () => void
  /** After a run: what has had its time is removed. */
  tidy: () => Promise<void>
  /** What `standing` tells, or the list of files, is another. */
  changed: (what: 'files' | 'sync') => void
  /** What the network is; as the browser says. */
  link?: () => Link
}

export class Uploads {
  private readonly control = new AbortController()
  private running = false
  private wanted = false
  private failed = 0
  private failure: Label | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private now: Uploading['now'] = null
  private readonly answers = new Map<string, Answered>()

  constructor(private readonly options: UploadsOptions) {}

  /** A sync went well, or a person wants it: what may go goes. What is under way goes on, and looks again at its end. */
  begin(): void {
    if (this.control.signal.aborted) return
    clearTimeout(this.timer)
    this.wanted = true
    if (!this.running) void this.run()
  }

  /** End it for good: the phone is locked. */
  stop(): void {
    clearTimeout(this.timer)
    this.control.abort()
    this.options.transport.abandon()
  }

  goNow(): void {
    this.answer('now')
    this.begin()
  }

  waitForWifi(): void {
    this.answer('wifi')
    this.tell()
  }

  /** How it stands, for screens. */
  standing(): Uploading {
    const waiting = this.waiting()
    const refused = this.options.files.list().filter((one) => one.standing === 'refused').length
    const bytes = waiting.reduce((sum, one) => sum + one.bytes, 0)
    const speed = this.options.store.values.get('upload_speed')
    return {
      count: waiting.length,
      bytes,
      refused,
      hold: this.holdOf(waiting),
      seconds: speed === undefined ? null : Math.ceil(bytes / speed),
      now: this.now,
      failure: this.failure,
    }
  }

  private answer(answered: Answered): void {
    for (const one of this.waiting()) this.answers.set(one.digest, answered)
  }

  private waiting(): KeptFile[] {
    return this.options.files.list().filter((one) => one.standing === 'waiting')
  }

  /** What holds the next file back. */
  private holdOf(waiting: readonly KeptFile[]): UploadHold | null {
    const [first] = waiting
    return first === undefined || this.next(waiting) ? null : this.holdOn(first, waiting)
  }

  private next(waiting: readonly KeptFile[]): KeptFile | undefined {
    return waiting.find((one) => this.holdOn(one, waiting) === null)
  }

  private holdOn(one: KeptFile, waiting: readonly KeptFile[]): UploadHold | null {
    const undecided = waiting.filter((other) => !this.answers.has(other.digest))
    return heldBack(
      {
        link: (this.options.link ?? linkNow)(),
        wifiOnly: this.options.store.values.get('wifi_only') ?? false,
        undecidedBytes: undecided.reduce((sum, other) => sum + other.bytes, 0),
      },
      this.answers.get(one.digest) ?? null,
    )
  }

  private async run(): Promise<void> {
    this.running = true
    try {
      while (this.wanted) {
        this.wanted = false
        await this.options.store.complete
        await this.options.files.noteNamed()
        await this.askAll()
        await this.sendAll()
        await this.options.tidy()
      }
      this.failed = 0
      this.failure = null
    } catch (error) {
      this.later(error)
    } finally {
      this.running = false
      this.now = null
      this.tell()
    }
  }

  private tell(): void {
    if (this.control.signal.aborted) return
    this.options.changed('files')
    this.options.changed('sync')
  }

  /** Later again, with growing waits; the next good sync begins it sooner. */
  private later(error: unknown): void {
    if (this.control.signal.aborted) return
    if (!(error instanceof FieldError)) throw error
    this.failed += 1
    this.failure = { zh: error.zh, en: error.en }
    const asked = error instanceof ServerBusy ? (error.retryAfterSeconds ?? 0) * 1000 : 0
    const wait = Math.max(asked, waitMs(this.failed, FIRST_RETRY_MS, MOST_RETRY_MS))
    this.timer = setTimeout(() => this.begin(), wait)
  }

  /** Which of the files that operations name, or that arrived, the server has. */
  private async askAll(): Promise<void> {
    const digests = this.options.files
      .list()
      .filter((one) => one.standing !== 'draft')
      .map((one) => one.digest)
    for (let at = 0; at < digests.length; at += ASKED_MAX) await this.ask(digests.slice(at, at + ASKED_MAX))
  }

  private async ask(digests: string[]): Promise<ReadonlySet<string>> {
    const { transport, files, otherEpoch } = this.options
    const reply = await transport.post<FilesKnownReply>('/files/known', { digests }, this.identity.token)
    if (reply.epoch !== this.identity.epoch) otherEpoch()
    const durable = new Set(reply.durable)
    await files.takeKnown(digests, durable)
    this.options.changed('files')
    return durable
  }

  private async sendAll(): Promise<void> {
    for (;;) {
      await this.options.turn()
      if (this.control.signal.aborted) return
      const one = this.next(this.waiting())
      if (one === undefined) return
      await this.send(one)
      this.failed = 0
      this.failure = null
      this.tell()
    }
  }

  private async send(one: KeptFile): Promise<void> {
    const { digest } = one
    const blob = await this.read(digest)
    if (blob === null) return
    this.now = { digest, sentBytes: 0, bytes: one.bytes }
    this.tell()
    try {
      await this.upload(digest, blob)
    } catch (error) {
      if (!(error instanceof CallRefused) || (error.status !== 413 && error.status !== 422)) throw error
      return this.options.files.takeRefusal(digest, { zh: error.zh, en: error.en })
    } finally {
      this.now = null
    }
    if ((await this.ask([digest])).has(digest)) return
    await this.options.files.takeUpload(digest, null)
    throw new FieldError(NOT_KEPT.zh, NOT_KEPT.en ?? '')
  }

  /** The file; null where it cannot be read, which is noted. */
  private async read(digest: string): Promise<Blob | null> {
    const { files } = this.options
    try {
      const blob = await files.read(digest)
      if (blob === null) await files.remove([digest])
      return blob
    } catch (error) {
      if (!(error instanceof StoreDamaged)) throw error
      await files.takeRefusal(digest, DAMAGED)
      return null
    }
  }

  private upload(digest: string, blob: Blob): Promise<void> {
    const { files, store, transport, turn } = this.options
    const line = {
      fetch: this.options.fetch ?? ((input, init) => fetch(input, init)),
      token: () => this.identity.token,
      signal: this.control.signal,
      sent: (bytes: number, ms: number) => this.measure(bytes, ms),
    } satisfies Parameters<typeof uploadOne>[0]['line']
    return uploadOne({
      endpoint: `${transport.server}/sync/v1/files`,
      digest,
      blob,
      upload: store.values.get(`file:${digest}`)?.upload ?? null,
      line,
      placed: (upload) => files.takeUpload(digest, upload),
      progress: (sentBytes) => {
        this.now = { digest, sentBytes, bytes: blob.size }
        this.options.changed('sync')
      },
      turn,
    })
  }

  private measure(bytes: number, ms: number): void {
    const { store } = this.options
    const speed = measuredSpeed(store.values.get('upload_speed'), bytes, ms)
    // a figure for a sentence: not worth an error
    store.write((edit) => edit.values.set('upload_speed', speed)).catch(() => undefined)
  }

  private get identity(): { token: string; epoch: string } {
    return this.options.store.values.get('identity') ?? { token: '', epoch: '' }
  }
}
