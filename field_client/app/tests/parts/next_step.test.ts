import { expect, it } from 'vitest'
import type { CaseSheet, Move } from '@/engine/api'
import { nextStep } from '@/parts/next_step'

const move = (to: string, onward: boolean, allowed = true): Move => ({
  to,
  label: { zh: to, en: to },
  allowed,
  why: null,
  asks: [],
  onward,
})
type Waits = Pick<CaseSheet, 'waitsFor' | 'moves'>
const moves = [move('撤回', false), move('受理', true, false), move('回访', true)]

it('is the first step onward that I may make', () => {
  expect(nextStep({ waitsFor: 'me', moves } satisfies Waits)).toEqual({ zh: '回访', en: '回访' })
})

it('is none where the case waits for somebody else, or only ways out are left', () => {
  expect(nextStep({ waitsFor: 'town', moves } satisfies Waits)).toBeNull()
  expect(nextStep({ waitsFor: 'me', moves: moves.slice(0, 2) } satisfies Waits)).toBeNull()
})
