/**
 * Conditions and constraints: CEL expressions over answers; the twin of `forms/expression.py`. Numbers are bound as
 * doubles; an absent answer or a wrong type is unknown, which is neither true nor false.
 *
 * The evaluator is loaded on demand (`loadCel`). Judging before that raises `CelNotLoaded`: a condition that nobody can
 * decide yet must not hide a question silently.
 */
import type { CelInput } from '@bufbuild/cel'

type Cel = typeof import('@bufbuild/cel')
type Program = (bindings: Bindings) => unknown

/** What expressions see: `answers`, `row` (inside a repeat group) and `today`. */
export type Bindings = Readonly<Record<string, CelInput>>

/** A condition was asked for before `loadCel` was fulfilled; whoever asks awaits it first. */
export class CelNotLoaded extends Error {
  constructor() {
    super('conditions cannot be judged before loadCel() is fulfilled')
    this.name = 'CelNotLoaded'
  }
}

let cel: Cel | null = null
let loading: Promise<void> | null = null

/** Load the evaluator, once; idle time is a good time. A failed load is tried again by the next call. */
export function loadCel(): Promise<void> {
  loading ??= import('@bufbuild/cel').then(
    (loaded) => void (cel = loaded),
    (error: unknown) => {
      loading = null
      throw error
    },
  )
  return loading
}

/** One expression, compiled when it is first judged. */
export class Expression {
  private program: Program | null = null

  constructor(readonly text: string) {}

  /** True, false, or null for unknown. CelNotLoaded before `loadCel`; an Error where the text is no expression. */
  judge(bindings: Bindings): boolean | null {
    const loaded = cel
    if (loaded === null) throw new CelNotLoaded()
    this.program ??= compiled(loaded, this.text)
    const value = this.program(bindings)
    return typeof value === 'boolean' ? value : null
  }
}

function compiled(loaded: Cel, text: string): Program {
  const program = loaded.plan(loaded.celEnv(), loaded.parse(text))
  return (bindings) => {
    try {
      return program(bindings)
    } catch {
      return null // whatever an evaluation stumbles over, nothing is known then
    }
  }
}
