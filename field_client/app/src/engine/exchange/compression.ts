/** Compressing what is sent, where the browser can and it is worth it; opening what segments are compressed with. */
// small, and never fetched by itself: over a bad line a browser that failed to fetch code once does not ask again
import { decompress } from 'fzstd'
import { Unreachable } from '../errors'
import type { FeedRecord } from '../wire/messages'

const COMPRESSED_FROM_BYTES = 1024

/** A body as it is sent, and its `Content-Encoding`; null where it goes as it is. */
export async function compressed(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; encoding: 'gzip' | null }> {
  if (bytes.length < COMPRESSED_FROM_BYTES || typeof CompressionStream === 'undefined') {
    return { bytes, encoding: null }
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  return { bytes: new Uint8Array(await new Response(stream).arrayBuffer()), encoding: 'gzip' }
}

/** The records of a segment: one zstd frame of JSON lines. Unreachable where it cannot be read. */
export function recordsOf(segment: Uint8Array): FeedRecord[] {
  try {
    const lines = new TextDecoder('utf-8', { fatal: true }).decode(decompress(segment)).trimEnd()
    // one parse of a list is much quicker than one for each line
    return lines === '' ? [] : (JSON.parse(`[${lines.replaceAll('\n', ',')}]`) as FeedRecord[])
  } catch (error) {
    throw new Unreachable(error)
  }
}
