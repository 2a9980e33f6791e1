/** What is told for a moment is read out, and is no dialog: nobody has to answer it. */
import { setToastDefaultOptions } from 'vant'

// the component hands these on to its element; its type knows only its own options
const TOLD: object = { role: 'status', tabindex: -1 }

export function tellToastsAloud(): void {
  setToastDefaultOptions({ ...TOLD })
}
