/** The phone's camera as a stream: what it shows goes nowhere but into a picture that is sealed; the album never has it. */

/** Why there is no picture: refused by a person or the page, none there, in use elsewhere, or unknown to this browser. */
export type CameraFault = 'refused' | 'none' | 'busy' | 'unknown'

export interface Camera {
  stream: MediaStream
  /** Null where this camera has no torch. */
  torch: ((on: boolean) => Promise<void>) | null
  stop: () => void
}

interface TorchCapability {
  torch?: boolean
}

/** The camera at the back, as large as a photo needs. Rejected with what the browser says (`faultOf`). */
export async function openCamera(): Promise<Camera> {
  const { mediaDevices } = navigator as { mediaDevices?: MediaDevices }
  if (!mediaDevices) throw new DOMException('no camera interface', 'NotFoundError')
  const stream = await mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: { ideal: 'environment' }, width: { ideal: 1920 }, height: { ideal: 1440 } },
  })
  const [track] = stream.getVideoTracks()
  const capabilities: MediaTrackCapabilities & TorchCapability = track?.getCapabilities?.() ?? {}
  const lit = async (on: boolean): Promise<void> => {
    const wanted: MediaTrackConstraintSet & TorchCapability = { torch: on }
    await track?.applyConstraints({ advanced: [wanted] })
  }
  return {
    stream,
    torch: capabilities.torch === true ? lit : null,
    stop: () => stream.getTracks().forEach((one) => one.stop()),
  }
}

export function faultOf(error: unknown): CameraFault {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none'
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy'
  return 'unknown'
}
