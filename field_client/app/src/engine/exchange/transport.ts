/**
 * One call to the server: bytes out, a message or an error of `errors.ts` back. It never tries again by itself.
 *
 * A reply counts only for the request that asked for it. No request is without end: one that brings nothing for a while
 * is given up, and is then Unreachable. What is no answer of this protocol (a hotel's sign-in page, a proxy's error) is
 * Unreachable too: nobody who speaks for the server has said anything.
 */
import { type Anchor, type Times, measured } from '../device/times'
import { CallRefused, ServerBusy, Unreachable } from '../errors'
import { momentMs } from '../sync/clock'
import { compressed } from './compression'
import { refusalOf } from './refusal'

/** Waiting for the reply's beginning, and then for each further piece of it. */
const REPLY_MS = 45_000
const PIECE_MS = 30_000
/** A slow line (2G) is given time for what it has to send: bytes a millisecond. */
const UPLOAD_BYTES_PER_MS = 2
/** What says that the server cannot read what was compressed: it goes as it is from then on. */
const NOT_COMPRESSED = new Set(['bad-encoding', 'unsupported-media'])

export interface TransportOptions {
  /** In place of the network, for faults on purpose. */
  fetch?: typeof fetch
  replyMs?: number
  pieceMs?: number
}

interface Sent {
  method: 'GET' | 'POST'
  path: string
  token: string | null
  headers?: Record<string, string>
  body?: Uint8Array<ArrayBuffer> | Blob
  signal?: AbortSignal
}

/** The server at an address, such as `https://post.example`; the empty address is where the page came from. */
export class Transport {
  bytesSent = 0
  bytesReceived = 0
  requests = 0
  /** Both clocks and the offset, as the last reply gave them. */
  measured: Anchor | null = null
  private plain = false
  private readonly under = new Set<AbortController>()
  private readonly fetch: typeof fetch
  private readonly replyMs: number
  private readonly pieceMs: number

  constructor(
    readonly server: string,
    private readonly times: Times,
    options: TransportOptions = {},
  ) {
    this.fetch = options.fetch ?? ((input, init) => fetch(input, init))
    this.replyMs = options.replyMs ?? REPLY_MS
    this.pieceMs = options.pieceMs ?? PIECE_MS
  }

  /** Abandon every request under way: the phone is locked, or somebody else than who asked would get the answer. */
  abandon(): void {
    for (const one of this.under) one.abort()
  }

  /** Send a message (JSON text, or the value to be written as such); the reply's message. */
  async post<T>(path: string, message: unknown, token: string | null): Promise<T> {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    const whole = new TextEncoder().encode(text)
    const { bytes, encoding } = this.plain ? { bytes: whole, encoding: null } : await compressed(whole)
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (encoding) headers['content-encoding'] = encoding
    try {
      return await this.message<T>({ method: 'POST', path, token, headers, body: bytes })
    } catch (error) {
      if (encoding === null || !(error instanceof CallRefused) || !NOT_COMPRESSED.has(error.code)) throw error
      this.plain = true
      return this.post<T>(path, text, token)
    }
  }

  /** Send a file as it is, never wholly in memory; the reply's message. */
  async postFile<T>(path: string, file: Blob, token: string | null): Promise<T> {
    const headers = { 'content-type': 'application/octet-stream' }
    return this.message<T>({ method: 'POST', path, token, headers, body: file })
  }

  /** Ask for a message. */
  async get<T>(path: string, query: Record<string, string | number>, token: string): Promise<T> {
    const words = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
    return this.message<T>({ method: 'GET', path: `${path}?${words}`, token })
  }

  /**
   * Ask for bytes from a place on. `piece` is told each as it comes, so that a break loses nothing of what came; `from`
   * is where they begin, as a server may answer with the whole.
   */
  async getBytes(
    path: string,
    token: string,
    from: number,
    piece: (bytes: Uint8Array, at: number) => void,
  ): Promise<void> {
    const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {}
    let at = 0
    await this.call({ method: 'GET', path, token, headers }, async (response, control) => {
      at = response.status === 206 ? from : 0
      await this.read(response, control, (bytes) => {
        piece(bytes, at)
        at += bytes.length
      })
    })
  }

  /** Listen to a stream of text until it ends, `signal` ends it, or nothing comes for `quietMs`. */
  async listen(
    path: string,
    token: string,
    signal: AbortSignal,
    quietMs: number,
    heard: (text: string) => void,
  ): Promise<void> {
    const decoder = new TextDecoder()
    await this.call({ method: 'GET', path, token, signal }, (response, control) =>
      this.read(response, control, (bytes) => heard(decoder.decode(bytes, { stream: true })), quietMs),
    )
  }

  private async message<T>(sent: Sent): Promise<T> {
    const sentMs = this.times.wallMs()
    let reply: T | undefined
    await this.call(sent, async (response, control) => {
      const value: unknown = JSON.parse(await this.text(response, control))
      this.measured = this.measure(value, sentMs)
      reply = value as T
    })
    if (reply === undefined) throw new Unreachable()
    return reply
  }

  private async call(
    sent: Sent,
    take: (response: Response, control: AbortController) => Promise<void>,
  ): Promise<void> {
    const control = new AbortController()
    const stop = () => control.abort()
    sent.signal?.addEventListener('abort', stop)
    if (sent.signal?.aborted) stop()
    this.under.add(control)
    try {
      const response = await this.answered(sent, control)
      if (!response.ok) throw refusalOf(response, await this.text(response, control))
      await take(response, control)
    } catch (error) {
      if (error instanceof ServerBusy || error instanceof CallRefused) throw error
      throw error instanceof Unreachable ? error : new Unreachable(error)
    } finally {
      this.under.delete(control)
      sent.signal?.removeEventListener('abort', stop)
    }
  }

  private async answered(sent: Sent, control: AbortController): Promise<Response> {
    const headers: Record<string, string> = { ...sent.headers }
    if (sent.token !== null) headers['authorization'] = `Bearer ${sent.token}`
    const size = sizeOf(sent.body)
    this.requests += 1
    this.bytesSent += size
    const given = this.replyMs + size / UPLOAD_BYTES_PER_MS
    return within(given, control, () =>
      this.fetch(`${this.server}/sync/v1${sent.path}`, {
        method: sent.method,
        headers,
        body: sent.body,
        signal: control.signal,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        referrerPolicy: 'no-referrer',
      }),
    )
  }

  private async read(
    response: Response,
    control: AbortController,
    take: (bytes: Uint8Array) => void,
    pieceMs = this.pieceMs,
  ): Promise<void> {
    const reader = response.body?.getReader()
    if (reader === undefined) return
    for (;;) {
      const { done, value } = await within(pieceMs, control, () => reader.read())
      if (done) return
      this.bytesReceived += value.length
      take(value)
    }
  }

  private async text(response: Response, control: AbortController): Promise<string> {
    const decoder = new TextDecoder()
    let text = ''
    await this.read(response, control, (bytes) => {
      text += decoder.decode(bytes, { stream: true })
    })
    return text + decoder.decode()
  }

  private measure(reply: unknown, sentMs: number): Anchor {
    const time = (reply as { time?: unknown } | null)?.time
    return measured(this.times, sentMs, momentMs(String(time)))
  }
}

/** What a promise brings, or Unreachable after a while; the request under it is then given up. */
async function within<T>(ms: number, control: AbortController, ask: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const given = new Promise<never>((_, reject) => {
    const end = (why: string) => reject(new Unreachable(new Error(why)))
    control.signal.addEventListener('abort', () => end('abandoned'), { once: true })
    timer = setTimeout(() => {
      end(`nothing came for ${Math.round(ms / 1000)} seconds`)
      control.abort()
    }, ms)
  })
  try {
    return await Promise.race([ask(), given])
  } finally {
    clearTimeout(timer)
  }
}

function sizeOf(body: Sent['body']): number {
  if (body === undefined) return 0
  return body instanceof Blob ? body.size : body.length
}
