/**
 * The browser keeps what is typed for its own use: suggestions for the next time, and what stood in a page's fields, to
 * fill them again when a tab is brought back. Both lie in its files in the clear, and name residents. Fields that say
 * `autocomplete="off"`, and those of a form that says so, it leaves alone.
 */
const FORM = 'not-remembered'
const FIELDS = 'input, textarea, select'

/** From now on, for every field of the page that does not say otherwise (account and password). */
export function keepOutOfBrowser(): void {
  const form = document.createElement('form')
  form.id = FORM
  form.hidden = true
  form.autocomplete = 'off'
  form.addEventListener('submit', (event) => event.preventDefault())
  document.body.append(form)
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) if (node instanceof Element) keepOut(node)
  }).observe(document.body, { childList: true, subtree: true })
}

function keepOut(added: Element): void {
  const within = added.querySelectorAll(FIELDS)
  for (const field of added.matches(FIELDS) ? [added, ...within] : within) {
    if (!field.hasAttribute('autocomplete')) field.setAttribute('autocomplete', 'off')
    // what a text area or a list says of itself is not heard when a page is kept, only what its form says
    if (!(field instanceof HTMLInputElement) && field.closest('form') === null)
      field.setAttribute('form', FORM)
  }
}
