/** Vant's dialogs with a name for those who cannot see them: Vant itself refers to an id that is none. */
import { showConfirmDialog, showDialog, type DialogOptions } from 'vant'
import { nextTick } from 'vue'

/** Something that is told and closed. */
export async function tellInDialog(options: DialogOptions): Promise<void> {
  const closed = showDialog(options)
  await nameIt(options)
  await closed
}

/** A question; whether it was agreed to. */
export async function ask(options: DialogOptions): Promise<boolean> {
  const answered = showConfirmDialog(options).then(
    () => true,
    () => false,
  )
  await nameIt(options)
  return answered
}

async function nameIt({ title, message }: DialogOptions): Promise<void> {
  await nextTick()
  for (const dialog of document.querySelectorAll('.van-dialog')) {
    dialog.removeAttribute('aria-labelledby')
    dialog.setAttribute('aria-label', String(title ?? message ?? ''))
  }
}
