import { describe, expect, test } from 'vitest'
import type { Finish, Mode } from '@/engine/forms/catalogue'
import { WORKFLOWS } from '@/engine/forms/handling/moves'
import { ACTORS, STATE_LABELS, type Actor } from '@/engine/forms/handling/states'
import { awaited, checkMove, checkStart, isFinal, isOpen } from '@/engine/forms/handling/workflow'
import { vectors } from '../vectors'

const VECTORS = vectors<{
  actors: Record<string, Actor>
  workflows: Record<
    Mode,
    { initial: string; starters: string; open: string[]; final: string[]; moves: [string, string, string][] }
  >
  checks: { mode: Mode; finish: Finish; seen: string; new: string; actors: string; code: string | null }[]
}>('workflows')

const MODES: Mode[] = ['direct', 'proxy', 'assist', 'inform', 'report', 'visit']
const FINISHES: Finish[] = ['doorstep', 'online', 'handed_up']
const STATES = Object.keys(STATE_LABELS)

function actorOf(letter: string): Actor | undefined {
  return letter === 'w' ? 'worker' : VECTORS.actors[letter]
}

function permitted(mode: Mode, finish: Finish): string[] {
  const listed = VECTORS.workflows[mode].moves.flatMap(([seen, next, letters]) =>
    [...letters]
      .filter((letter) => letter !== 'w' || finish === 'doorstep')
      .map((letter) => `${seen} ${next} ${actorOf(letter)}`),
  )
  return [...new Set(listed)].sort()
}

const pairs = MODES.flatMap((mode) => FINISHES.map((finish) => [mode, finish] as const))

test.each(pairs)('%s, %s: exactly the listed moves are permitted', (mode, finish) => {
  const found = STATES.flatMap((seen) =>
    STATES.flatMap((next) =>
      ACTORS.filter((actor) => checkMove(mode, finish, seen, next, new Set([actor])) === null).map(
        (actor) => `${seen} ${next} ${actor}`,
      ),
    ),
  )
  expect(found.sort()).toEqual(permitted(mode, finish))
})

test.each(MODES)('%s: beginnings, open states and ends', (mode) => {
  const listed = VECTORS.workflows[mode]
  const starters = [...listed.starters].map(actorOf)
  for (const state of STATES) {
    for (const actor of ACTORS) {
      const starts = checkStart(mode, state, new Set([actor])) === null
      expect(starts).toBe(state === listed.initial && starters.includes(actor))
    }
  }
  expect(STATES.filter((state) => isOpen(mode, state)).sort()).toEqual([...listed.open].sort())
  const ends = WORKFLOWS[mode].states.filter((state) => isFinal(mode, state))
  expect([...ends].sort()).toEqual([...listed.final].sort())
})

test.each(VECTORS.checks)('$mode, $finish: $seen → $new by $actors', (one) => {
  const actors = new Set([...one.actors].map(actorOf).filter((actor) => actor !== undefined))
  expect(checkMove(one.mode, one.finish, one.seen, one.new, actors)?.code ?? null).toBe(one.code)
})

describe('a refusal says who may, in Chinese', () => {
  const worker = new Set<Actor>(['worker'])
  test.each([
    ['proxy', 'handed_up', 'received', 'handed_up', worker, '“报送”只能由值班窗口操作'],
    ['direct', 'online', 'registered', 'finished', worker, '该事项不能上门办结，须由值班窗口办结'],
    ['direct', 'doorstep', 'registered', 'finished', new Set<Actor>(), '“办结”只能由承办人或值班窗口操作'],
    ['proxy', 'handed_up', 'received', 'granted', worker, '不能从“收件”变为“准予”，可变为“报送”、“撤回”'],
    ['proxy', 'handed_up', 'followed_up', 'received', worker, '不能从“回访”变为“收件”，办件已到终点'],
  ] as const)('%s %s %s → %s', (mode, finish, seen, next, actors, message) => {
    expect(checkMove(mode, finish, seen, next, actors)?.message).toBe(message)
  })

  test('a case begins at its beginning', () => {
    expect(checkStart('proxy', 'received', new Set(ACTORS))?.message).toBe(
      '新办件须从“委托”开始，不能是“收件”',
    )
  })
})

test('who is waited for: those who can take it onward', () => {
  expect([...awaited('proxy', 'handed_up', 'handed_up')]).toEqual(['town_clerk'])
  expect([...awaited('direct', 'doorstep', 'registered')].sort()).toEqual(['window', 'worker'])
  expect([...awaited('proxy', 'handed_up', 'withdrawn')]).toEqual([])
})
