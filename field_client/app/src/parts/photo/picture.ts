/**
 * Pictures made small enough to keep and to send: at most 1,600 px, about 400 kB. They are drawn anew, so that nothing of
 * the file they came from but its picture is in them: no EXIF, no place, no name of a phone.
 */
import { FieldError } from '@/engine/errors'

const LONGEST_SIDE_PX = 1600
const BYTES_MAX = 400_000
/** The first that is small enough; the last whatever it is. */
const QUALITIES = [0.8, 0.7, 0.6, 0.45]
const TYPE = 'image/jpeg'

export interface Picture {
  bytes: Uint8Array
  type: string
}

class NoPicture extends FieldError {
  constructor(cause?: unknown) {
    super(
      '这张照片的格式打不开，没有加进来',
      'this picture cannot be read; it was not added',
      '苹果手机的 HEIC 照片常会这样：用这里的相机重新拍，或先存成 JPEG 再选',
      'HEIC pictures are often like this: take it with the camera here, or save it as JPEG first',
      { cause },
    )
  }
}

/** A file that somebody chose. NoPicture where this browser cannot decode it. */
export async function pictureOfFile(file: Blob): Promise<Picture> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(
    (error: unknown) => {
      throw new NoPicture(error)
    },
  )
  try {
    return await drawn(picture, picture.width, picture.height)
  } finally {
    picture.close()
  }
}

/** What the camera sees at this moment. */
export function pictureOfVideo(video: HTMLVideoElement): Promise<Picture> {
  return drawn(video, video.videoWidth, video.videoHeight)
}

/** The size that a picture is drawn at: never larger than it is. */
function fitted(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(width, height, 1))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

async function drawn(source: CanvasImageSource, width: number, height: number): Promise<Picture> {
  if (width === 0 || height === 0) throw new NoPicture()
  const canvas = document.createElement('canvas')
  Object.assign(canvas, fitted(width, height))
  const surface = canvas.getContext('2d')
  if (!surface) throw new NoPicture()
  // what was transparent is white paper, not black
  surface.fillStyle = '#ffffff'
  surface.fillRect(0, 0, canvas.width, canvas.height)
  surface.drawImage(source, 0, 0, canvas.width, canvas.height)
  let blob: Blob | null = null
  for (const quality of QUALITIES) {
    blob = await new Promise<Blob | null>((settled) => canvas.toBlob(settled, TYPE, quality))
    if (blob === null || blob.size <= BYTES_MAX) break
  }
  if (blob === null) throw new NoPicture()
  return { bytes: new Uint8Array(await blob.arrayBuffer()), type: TYPE }
}
