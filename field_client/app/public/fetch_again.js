/**
 * Part of the service worker, before its own code: a request that got no answer is asked again a few times. Keeping the
 * app's parts is all or nothing, and over a line that loses every third request (2G) it would fail each time.
 */
const TRIES_MAX = 4
const PAUSE_MS = 300
const ask = self.fetch.bind(self)

self.fetch = async (request, options) => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask(request instanceof Request ? request.clone() : request, options)
    } catch (error) {
      if (tried === TRIES_MAX) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tried))
    }
  }
}
