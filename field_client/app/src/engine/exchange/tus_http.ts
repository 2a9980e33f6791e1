/**
 * How tus-js-client reaches the server: by `fetch` with the phone's own rules. Each request ends by itself, is abandoned
 * when the phone is locked, carries the token and no cookie, follows no redirect, and tells a checksum of what it sends.
 */
import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client'
import { base64Of } from '../device/base64'
import { Unreachable } from '../errors'

/** Waiting for a reply; the last piece of a file makes the server look at the whole of it. */
const REPLY_MS = 60_000
/** A slow line (2G) is given time for what it has to send: bytes a millisecond. */
const UPLOAD_BYTES_PER_MS = 2

export interface TusLine {
  fetch: typeof fetch
  token: () => string
  /** Ends every request: the phone is locked. */
  signal: AbortSignal
  /** Told after each piece that went up: its size, and how long it took. */
  sent?: (bytes: number, ms: number) => void
  replyMs?: number
}

export class FetchStack implements HttpStack {
  constructor(private readonly line: TusLine) {}

  createRequest(method: string, url: string): HttpRequest {
    return new FetchRequest(this.line, method, url)
  }

  getName(): string {
    return 'AllPostFetch'
  }
}

class FetchRequest implements HttpRequest {
  private readonly headers = new Map<string, string>()
  private readonly control = new AbortController()
  private progress: (bytesSent: number) => void = () => undefined

  constructor(
    private readonly line: TusLine,
    private readonly method: string,
    private readonly url: string,
  ) {}

  getMethod(): string {
    return this.method
  }

  getURL(): string {
    return this.url
  }

  setHeader(header: string, value: string): void {
    this.headers.set(header.toLowerCase(), value)
  }

  getHeader(header: string): string | undefined {
    return this.headers.get(header.toLowerCase())
  }

  setProgressHandler(handler: (bytesSent: number) => void): void {
    this.progress = handler
  }

  getUnderlyingObject(): null {
    return null
  }

  abort(): Promise<void> {
    this.control.abort()
    return Promise.resolve()
  }

  async send(body?: Blob | null): Promise<HttpResponse> {
    const bytes = body ? new Uint8Array(await body.arrayBuffer()) : null
    this.setHeader('authorization', `Bearer ${this.line.token()}`)
    if (bytes !== null) {
      const sum = await crypto.subtle.digest('SHA-256', bytes)
      this.setHeader('upload-checksum', `sha256 ${base64Of(new Uint8Array(sum))}`)
    }
    const began = performance.now()
    const response = await this.answered(bytes)
    if (bytes !== null && response.getStatus() < 300) {
      this.progress(bytes.length)
      this.line.sent?.(bytes.length, performance.now() - began)
    }
    return response
  }

  private async answered(body: Uint8Array<ArrayBuffer> | null): Promise<FetchedResponse> {
    const stop = (): void => this.control.abort()
    this.line.signal.addEventListener('abort', stop)
    if (this.line.signal.aborted) stop()
    const given = (this.line.replyMs ?? REPLY_MS) + (body?.length ?? 0) / UPLOAD_BYTES_PER_MS
    const timer = setTimeout(stop, given)
    try {
      const response = await this.line.fetch(this.url, {
        method: this.method,
        headers: Object.fromEntries(this.headers),
        body,
        signal: this.control.signal,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        referrerPolicy: 'no-referrer',
      })
      return new FetchedResponse(response.status, response.headers, await response.text())
    } catch (error) {
      throw new Unreachable(error)
    } finally {
      clearTimeout(timer)
      this.line.signal.removeEventListener('abort', stop)
    }
  }
}

class FetchedResponse implements HttpResponse {
  constructor(
    private readonly status: number,
    private readonly headers: Headers,
    private readonly body: string,
  ) {}

  getStatus(): number {
    return this.status
  }

  getHeader(header: string): string | undefined {
    return this.headers.get(header) ?? undefined
  }

  getBody(): string {
    return this.body
  }

  getUnderlyingObject(): Headers {
    return this.headers
  }
}
