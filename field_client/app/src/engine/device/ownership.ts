/** Which tab of this browser has the phone's data: one, by a Web Lock that the browser gives back however a tab ends. */

const NAME = 'allpost'
/** A page that is loaded anew may come before the browser has taken the lock from the one before. */
const ATTEMPTS = 4
const PAUSE_MS = 150

/** The lock, held. `token` names this holding; the database lets nobody else write (database.ts). */
export class Ownership {
  readonly token = crypto.randomUUID()
  private constructor(private readonly letGo: () => void) {}

  /**
   * Take the data for this tab; null where another tab has it and `steal` is not said. `onLost` is called as soon as
   * another tab has stolen it.
   */
  static async take(steal: boolean, onLost: () => void): Promise<Ownership | null> {
    for (let attempt = 1; ; attempt += 1) {
      const taken = await Ownership.ask(steal, onLost)
      if (taken !== null || attempt === ATTEMPTS) return taken
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }

  /** Give it back; a second time does nothing. */
  release(): void {
    this.letGo()
  }

  private static ask(steal: boolean, onLost: () => void): Promise<Ownership | null> {
    return new Promise((resolve, reject) => {
      let held: Ownership | null = null
      let released = false
      const holding = (lock: Lock | null): Promise<void> => {
        if (lock === null) {
          resolve(null)
          return Promise.resolve()
        }
        return new Promise((letGo) => {
          held = new Ownership(() => {
            released = true
            letGo()
          })
          resolve(held)
        })
      }
      const how: LockOptions = steal ? { steal: true } : { ifAvailable: true }
      navigator.locks.request(NAME, how, holding).catch((error: unknown) => {
        if (held === null) reject(error instanceof Error ? error : new Error(String(error)))
        else if (!released) onLost()
      })
    })
  }
}
