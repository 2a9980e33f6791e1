/*
 * What can be measured on a screen: nothing is wider than it, what is tapped is large enough for a thumb, what is read
 * is large enough for the sun, and no word of a program stands there.
 */
(() => {
  const THUMB = 48
  const READ = 16
  const SMALL = 14
  // what the map draws: its dots are said by its list too, its attribution is small print
  const DRAWN = '.leaflet-pane, .leaflet-control-attribution'

  const visible = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  const named = (one) =>
    `${one.localName}${[...one.classList].map((name) => `.${name}`).join('')} “${(one.innerText || one.ariaLabel || '').trim().slice(0, 24)}”`
  const hidden = (one) => one.closest('.visually-hidden, .sr, [aria-hidden=true], [inert]') !== null
  const elements = () => [...document.body.querySelectorAll('*')].filter((one) => visible(one) && !one.closest(DRAWN))
  const scrolls = (one) => /auto|scroll|hidden|clip/.test(getComputedStyle(one).overflowX)

  function insideAScroller(one) {
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) if (scrolls(up)) return true
    return false
  }

  function tooWide() {
    const width = document.documentElement.clientWidth
    const found = []
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} wide`)
    for (const one of elements()) {
      const box = one.getBoundingClientRect()
      if ((box.right > width + 1 || box.left < -1) && box.width > 1 && !insideAScroller(one) && !hidden(one))
        found.push(`too wide: ${named(one)} ${Math.round(box.left)}–${Math.round(box.right)}`)
    }
    return found
  }

  // a link inside a sentence is as high as its line
  const inSentence = (one) =>
    getComputedStyle(one).display === 'inline' && one.localName === 'a' && one.parentElement?.innerText.length > one.innerText.length + 4

  // a box or a dot is tapped by its label, a field by its row
  function tapped(one) {
    if (one.matches('input[type=checkbox], input[type=radio], [role=radio], [role=checkbox]'))
      return one.closest('label') ?? one
    return one.matches('input, textarea, select') ? (one.closest('.van-field, .frame') ?? one) : one
  }

  function tooSmall() {
    const targets = elements().filter((one) =>
      one.matches(
        'a[href], button, input, textarea, select, summary, [role=button], [role=radio], [role=checkbox], [role=switch], [role=tab]',
      ),
    )
    const found = []
    for (const one of targets) {
      if (hidden(one) || inSentence(one)) continue
      const box = tapped(one).getBoundingClientRect()
      if (box.height < THUMB - 0.5 || box.width < THUMB - 0.5)
        if (box.height < THUMB - 0.5 || box.width < 24)
          found.push(`too small to tap: ${named(one)} ${Math.round(box.width)} × ${Math.round(box.height)}`)
    }
    return found
  }

  const SMALL_NOTES =
    '.small, .soft, .badge, .mark, .tab, .hint, .quiet, .sync-line, .frame-required, .how-note, .van-cell__label, .van-tag, .van-field__error-message, small'

  function texts() {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found = []
    while (walk.nextNode()) {
      const one = walk.currentNode.parentElement
      const said = walk.currentNode.data.trim()
      if (said && one && visible(one) && !one.closest(DRAWN) && !one.closest('script, style')) found.push([one, said])
    }
    return found
  }

  function tooFine() {
    const found = []
    for (const [one, said] of texts()) {
      if (hidden(one)) continue
      const size = parseFloat(getComputedStyle(one).fontSize)
      const least = one.closest(SMALL_NOTES) ? SMALL : READ
      if (size < least - 0.01) found.push(`text of ${size} px: ${named(one)} “${said.slice(0, 20)}”`)
    }
    return found
  }

  function saidByAProgram([notSaid, key]) {
    return texts()
      .map(([, said]) => said)
      .filter((said) => new RegExp(notSaid).test(said) || new RegExp(key).test(said))
      .map((said) => `says “${said.slice(0, 60)}”`)
  }

  window.tooWide = tooWide
  window.lookedAt = (said) => [...new Set([...tooWide(), ...tooSmall(), ...tooFine(), ...saidByAProgram(said)])]
})()
