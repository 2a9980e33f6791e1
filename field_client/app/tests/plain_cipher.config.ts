/**
 * The app with its encryption taken out, for the one purpose of measuring what encryption costs (`bench/app.py`). It is made
 * by changing the source while it is built into a folder of its own: the app itself has no such switch.
 */
import { mergeConfig, type Plugin } from 'vite'
import app from '../vite.config'

const CHANGES: [string, string][] = [
  ['new Uint8Array(await crypto.subtle.encrypt(how, this.key, plain))', 'plain.slice()'],
  [
    'new Uint8Array(await crypto.subtle.decrypt(how, this.key, sealed.subarray(this.nonceBytes)))',
    'sealed.slice(this.nonceBytes)',
  ],
]

function withoutCipher(): Plugin {
  let changed = false
  return {
    name: 'without-cipher',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/src/engine/device/cipher.ts')) return null
      for (const [from] of CHANGES)
        if (!code.includes(from)) throw new Error(`nothing to take out of the cipher: ${from}`)
      changed = true
      return CHANGES.reduce((text, [from, to]) => text.replace(from, to), code)
    },
    buildEnd(error) {
      if (error === undefined && !changed) throw new Error('the cipher was not found')
    },
  }
}

export default mergeConfig(app, { plugins: [withoutCipher()] })
