/** Compressing what is sent, where the browser can and it is worth it; opening what segments are compressed with. */
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
