/** Pictures made small enough to keep: a camera's 8 MB would fill a phone in a month. */

const LONGEST_SIDE_PX = 1600
const QUALITY = 0.8

/** The picture with its longer side at most 1,600 px, as JPEG; as it came where the browser cannot read it. */
export async function smallerPicture(file: File): Promise<{ bytes: Uint8Array; type: string }> {
  const made = await drawnSmaller(file).catch(() => null)
  const blob = made && made.size < file.size ? made : file
  return { bytes: new Uint8Array(await blob.arrayBuffer()), type: blob.type || 'application/octet-stream' }
}

async function drawnSmaller(file: File): Promise<Blob | null> {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * scale)
  canvas.height = Math.round(picture.height * scale)
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return new Promise((settled) => canvas.toBlob(settled, 'image/jpeg', QUALITY))
}
