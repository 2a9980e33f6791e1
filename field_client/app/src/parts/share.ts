/** Handing text over to the resident or a colleague: the phone's own share sheet, the clipboard, a file. */

export type Handed = 'shared' | 'copied' | 'cancelled' | 'impossible'

/** By the phone's share sheet where there is one, else onto the clipboard. */
export async function shareText(title: string, text: string): Promise<Handed> {
  if (typeof navigator.share !== 'function') return copyText(text)
  try {
    await navigator.share({ title, text })
    return 'shared'
  } catch (reason) {
    // the person closed the sheet: that is an answer, not a failure
    if (reason instanceof DOMException && reason.name === 'AbortError') return 'cancelled'
    return copyText(text)
  }
}

export async function copyText(text: string): Promise<Handed> {
  try {
    await navigator.clipboard.writeText(text)
    return 'copied'
  } catch {
    return 'impossible'
  }
}

/** A UTF-8 text file; the mark at its start lets WPS and Excel read the Chinese. */
export function textFile(name: string, text: string): File {
  return new File(['\ufeff', text.replaceAll('\n', '\r\n'), '\r\n'], name, {
    type: 'text/plain;charset=utf-8',
  })
}

/** Share a file; where the browser cannot, save it among the downloads. */
export async function shareFile(file: File): Promise<Handed> {
  const data = { files: [file], title: file.name }
  if (typeof navigator.canShare === 'function' && navigator.canShare(data)) {
    try {
      await navigator.share(data)
      return 'shared'
    } catch (reason) {
      if (reason instanceof DOMException && reason.name === 'AbortError') return 'cancelled'
    }
  }
  saveFile(file)
  return 'copied'
}

export function saveFile(file: File): void {
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = file.name
  link.click()
  // the browser reads the address after the click; releasing it at once would save an empty file in some
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
