/** Web Locks for tests: exclusive ones, `ifAvailable` and `steal`, as the tabs of one browser have them. */

interface Holding {
  steal: () => void
}

export class FakeLocks {
  private readonly held = new Map<string, Holding>()

  request(
    name: string,
    how: { ifAvailable?: boolean; steal?: boolean },
    work: (lock: { name: string } | null) => Promise<unknown>,
  ): Promise<unknown> {
    const present = this.held.get(name)
    if (present !== undefined && !how.steal) return work(null)
    if (present !== undefined) present.steal()
    return new Promise((resolve, reject) => {
      const holding: Holding = { steal: () => reject(new DOMException('stolen', 'AbortError')) }
      this.held.set(name, holding)
      void work({ name }).then((done) => {
        if (this.held.get(name) === holding) this.held.delete(name)
        resolve(done)
      }, reject)
    })
  }
}
