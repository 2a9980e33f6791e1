/**
 * One file to the server by tus, from where it stopped last. What comes of it is one of four things: it is there, it is
 * refused for what it is, the line or the server fails (an error, later again), or the upload is over and begins anew.
 */
import type { HttpResponse, PreviousUpload, UploadOptions } from 'tus-js-client'
import { CallRefused, Unreachable, type ExchangeFailed } from '../errors'
import { refusalOf } from './refusal'
import { FetchStack, type TusLine } from './tus_http'

/** A broken line loses at most this much. */
export const CHUNK_BYTES = 256 * 1024
/** Begins again from where the server stands, so often; then later. */
const BEGINNINGS_MAX = 4
const AGAIN_FROM_OFFSET = new Set([409, 423, 460])
const ANEW = new Set([404, 410])

export interface UploadOne {
  /** `https://post.example/sync/v1/files` */
  endpoint: string
  digest: string
  blob: Blob
  /** Where it goes on, as it was told before; null for a new one. */
  upload: string | null
  line: TusLine
  /** Another place where it goes on; kept before a byte is sent. */
  placed: (upload: string | null) => Promise<void>
  progress: (sentBytes: number) => void
  /** Before each request: records go first. */
  turn: () => Promise<void>
}

/** Fulfilled when every byte was taken. CallRefused (with its code), Unreachable, ServerBusy. */
export async function uploadOne(one: UploadOne): Promise<void> {
  let upload = one.upload
  const placed = async (place: string | null): Promise<void> => {
    upload = place
    await one.placed(place)
  }
  for (let beginning = 1; ; beginning += 1) {
    try {
      return await once({ ...one, upload, placed })
    } catch (error) {
      const status = error instanceof CallRefused ? error.status : 0
      const again = AGAIN_FROM_OFFSET.has(status) || ANEW.has(status)
      if (!again || beginning === BEGINNINGS_MAX) throw error
      if (ANEW.has(status)) await placed(null)
    }
  }
}

async function once(one: UploadOne): Promise<void> {
  const tus = await import('tus-js-client')
  return new Promise((done, failed) => {
    const options: UploadOptions = {
      endpoint: one.endpoint,
      uploadUrl: one.upload === null ? null : new URL(one.upload, one.endpoint).href,
      metadata: { digest: one.digest, type: one.blob.type },
      chunkSize: CHUNK_BYTES,
      retryDelays: null,
      httpStack: new FetchStack(one.line),
      fileReader: { openFile: (blob: Blob) => Promise.resolve(sourceOf(blob)) },
      fingerprint: () => Promise.resolve(one.digest),
      urlStorage: placesOf(one),
      onBeforeRequest: one.turn,
      onProgress: (sent) => one.progress(sent),
      onSuccess: () => done(),
      onError: (error) => failed(told(error)),
    }
    const upload = new tus.Upload(one.blob, options)
    const abandon = (): void => {
      void upload.abort()
      failed(new Unreachable(new Error('abandoned')))
    }
    one.line.signal.addEventListener('abort', abandon, { once: true })
    upload.start()
  })
}

function sourceOf(blob: Blob) {
  return {
    size: blob.size,
    slice: (start: number, end: number) =>
      Promise.resolve({ value: blob.slice(start, end), done: end >= blob.size }),
    close: () => undefined,
  }
}

/** tus-js-client's own memory of addresses is `localStorage`; ours is sealed, and on the disk before the first byte goes. */
function placesOf({ placed }: UploadOne): NonNullable<UploadOptions['urlStorage']> {
  return {
    findAllUploads: () => Promise.resolve([]),
    findUploadsByFingerprint: () => Promise.resolve([]),
    removeUpload: () => placed(null),
    async addUpload(digest: string, { uploadUrl }: PreviousUpload) {
      if (uploadUrl !== null) await placed(new URL(uploadUrl).pathname)
      return digest
    },
  }
}

/** The library's error in the words of this phone's other exchanges. */
function told(error: Error): ExchangeFailed {
  const response = 'originalResponse' in error ? (error.originalResponse as HttpResponse | null) : null
  if (response === null) return new Unreachable(error)
  const { status, headers } = { status: response.getStatus(), headers: new Headers() }
  const retry = response.getHeader('retry-after')
  if (retry !== undefined) headers.set('retry-after', retry)
  // a reply without a body (to a HEAD) still says whether the upload is there
  const body = response.getBody() || (status >= 400 && status < 500 ? '{"type":""}' : '')
  return refusalOf(new Response(null, { status: status < 200 ? 500 : status, headers }), body)
}
