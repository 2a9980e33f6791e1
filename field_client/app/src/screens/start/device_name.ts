/** A name to begin with for this phone: its model where the browser says it. */

interface Brands {
  platform: string
  getHighEntropyValues(hints: string[]): Promise<{ model?: string }>
}

export async function likelyDeviceName(): Promise<string> {
  const agent = navigator.userAgent
  const data = (navigator as Navigator & { userAgentData?: Brands }).userAgentData
  if (data) {
    const { model } = await data.getHighEntropyValues(['model']).catch(() => ({ model: '' }))
    if (model) return model
  }
  if (/iPhone/.test(agent)) return 'iPhone'
  if (/iPad/.test(agent)) return 'iPad'
  const model = /Android [^;)]*; ([^;)]+?)(?: Build|\))/.exec(agent)?.[1]
  // browsers that hide the model say K
  if (model && model !== 'K') return model
  return /Android/.test(agent) ? '安卓手机' : '电脑'
}
