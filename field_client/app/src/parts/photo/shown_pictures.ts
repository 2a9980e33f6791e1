/** Pictures of this phone as addresses for `<img>`: made as they are needed, given back with the component. */
import { onScopeDispose, reactive, watch } from 'vue'
import type { Files } from '@/engine/api'
import { attempt } from '@/parts/attempt'

export interface ShownPictures {
  /** The address; undefined while it is read or where it is not on this phone. */
  at: (digest: string) => string | undefined
  /** Show one that came from the server: in memory, for this page only. */
  show: (digest: string, blob: Blob) => void
}

export function useShownPictures(files: Files, wanted: () => readonly string[]): ShownPictures {
  const addresses = reactive(new Map<string, string>())
  let gone = false
  onScopeDispose(() => {
    gone = true
    for (const address of addresses.values()) URL.revokeObjectURL(address)
  })
  function show(digest: string, blob: Blob): void {
    if (gone || addresses.has(digest)) return
    addresses.set(digest, URL.createObjectURL(blob))
  }
  watch(
    () => wanted().filter((digest) => !addresses.has(digest) && files.has(digest)),
    (missing) =>
      void attempt(async () => {
        for (const digest of missing) {
          const blob = await files.read(digest)
          if (blob) show(digest, blob)
        }
      }),
    { immediate: true },
  )
  return { at: (digest) => addresses.get(digest), show }
}
