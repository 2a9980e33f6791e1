/**
 * Visits in progress. All of them are one draft, so that keeping one is one write. What was kept is read back at once,
 * before it is on the disk, so that no change works on a list that another is about to replace.
 */
import type { VisitDraft } from '../api'
import type { Core } from './core'

const NAME = 'visits'

export class VisitDrafts {
  constructor(private readonly core: Core) {}

  /** The latest first; those that became operations are not in progress any more, even if the phone died between. */
  all(): VisitDraft[] {
    const kept = this.core.drafts.get<VisitDraft[]>(NAME) ?? []
    return kept.filter((one) => this.core.view.get(one.id) === undefined)
  }

  /** Keep what was typed so far; a draft that was put aside is taken up again by it. */
  keep(draft: VisitDraft): Promise<void> {
    const drafts = this.all()
    const at = drafts.findIndex((one) => one.id === draft.id)
    return this.core.drafts.keep(NAME, at < 0 ? [draft, ...drafts] : drafts.with(at, draft))
  }

  forget(id: string): Promise<void> {
    const drafts = this.all().filter((one) => one.id !== id)
    return drafts.length > 0 ? this.core.drafts.keep(NAME, drafts) : this.core.drafts.forget(NAME)
  }
}

/** A draft of its own: a screen's is watched, and goes on changing while it is typed into. */
export function copiedDraft(draft: VisitDraft): VisitDraft {
  return JSON.parse(JSON.stringify(draft)) as VisitDraft
}
