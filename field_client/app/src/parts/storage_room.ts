/** Storage that is nearly full is told before it hurts: looked at now and then while the app is open. */
import { readonly, ref, type Ref } from 'vue'
import { useDevice } from '@/device'

const LOOK_EVERY_MS = 5 * 60 * 1000
const low = ref(false)
let looking = false

export function useStorageLow(): Readonly<Ref<boolean>> {
  if (!looking) {
    looking = true
    void look()
    setInterval(() => void look(), LOOK_EVERY_MS)
  }
  return readonly(low)
}

async function look(): Promise<void> {
  const device = useDevice()
  if (device.phase !== 'open') return
  // a browser that cannot say is no reason to alarm anybody
  low.value = await device.storage.estimate().then(
    (room) => room.low,
    () => false,
  )
}
