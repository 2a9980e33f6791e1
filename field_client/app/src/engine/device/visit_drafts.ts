/**
 * Visits in progress. All of them are one draft, so that keeping one is one write; the changes are made one after the
 * other, so that none works on a list that another is about to replace.
 */
import type { VisitDraft } from '../api'
import type { Core } from './core'

const NAME = 'visits'

/** A draft of its own: a screen's is watched, changes as one types, and cannot be cloned otherwise. */
export function copiedDraft(draft: VisitDraft): VisitDraft {
  return JSON.parse(JSON.stringify(draft)) as VisitDraft
}

export class VisitDrafts {
  private last: Promise<void> = Promise.resolve()

  constructor(private readonly core: Core) {}

  /** The latest first; those that became operations are not in progress any more, even if the phone died between. */
  all(): VisitDraft[] {
    const kept = this.core.drafts.get<VisitDraft[]>(NAME) ?? []
    return kept.filter((one) => this.core.view.get(one.id) === undefined).map(copiedDraft)
  }

  /** Keep what was typed so far; a draft that was put aside is taken up again by it. */
  keep(draft: VisitDraft): Promise<void> {
    const kept = copiedDraft(draft)
    return this.change((drafts) =>
      drafts.some((one) => one.id === kept.id)
        ? drafts.map((one) => (one.id === kept.id ? kept : one))
        : [kept, ...drafts],
    )
  }

  forget(id: string): Promise<void> {
    return this.change((drafts) => drafts.filter((one) => one.id !== id))
  }

  private change(made: (drafts: VisitDraft[]) => VisitDraft[]): Promise<void> {
    const write = async () => {
      const drafts = made(this.all())
      await (drafts.length > 0 ? this.core.drafts.keep(NAME, drafts) : this.core.drafts.forget(NAME))
    }
    const done = this.last.then(write)
    // one write that failed is told to its caller and does not stop the next one
    this.last = done.catch(() => undefined)
    return done
  }
}
