/**
 * Cases that are being written down. All of them are one draft of the device, so that keeping one is one write; changes
 * are made one after the other, so that none works on a list that another is about to replace.
 */
import type { CaseDraft } from '../api'
import type { Core } from './core'

const NAME = 'cases'

/** A draft of its own: a screen's is watched and changes as one types. */
export function copiedCase(draft: CaseDraft): CaseDraft {
  return JSON.parse(JSON.stringify(draft)) as CaseDraft
}

export class CaseDrafts {
  private last: Promise<void> = Promise.resolve()

  constructor(private readonly core: Core) {}

  /** The latest first; those that became records are drafts no more, even if the phone died between. */
  all(): CaseDraft[] {
    const kept = this.core.drafts.get<CaseDraft[]>(NAME) ?? []
    return kept
      .filter((one) => this.core.view.get(one.id) === undefined)
      .sort((one, other) => other.touched_ms - one.touched_ms)
  }

  /** Keep what was typed so far; a draft that was put aside is taken up again by it. */
  keep(draft: CaseDraft): Promise<void> {
    const kept = copiedCase(draft)
    return this.change((drafts) => [kept, ...drafts.filter((one) => one.id !== kept.id)])
  }

  forget(id: string): Promise<void> {
    return this.change((drafts) => drafts.filter((one) => one.id !== id))
  }

  private change(made: (drafts: CaseDraft[]) => CaseDraft[]): Promise<void> {
    const write = async () => {
      const drafts = made(this.all())
      await (drafts.length ? this.core.drafts.keep(NAME, drafts) : this.core.drafts.forget(NAME))
    }
    const done = this.last.then(write)
    // one write that failed is told to its caller and does not stop the next one
    this.last = done.catch(() => undefined)
    return done
  }
}
