import { expect, test } from 'vitest'
import { flatten, nest, type NestedValues } from '@/engine/forms/answers'
import type { Value } from '@/engine/field_values'
import { vectors } from '../vectors'

interface Shapes {
  name: string
  flat: Record<string, Value>
  nested: NestedValues
  back: boolean
}

test.each(vectors<Shapes[]>('answers'))('$name', (one) => {
  expect(nest(one.flat)).toEqual(one.nested)
  if (one.back) expect(flatten(one.nested)).toEqual(one.flat)
})

test.each(['', 'a/', 'a/r/b/c', '/a'])('no answer has the path "%s"', (path) => {
  expect(() => nest({ [path]: 1 })).toThrow(RangeError)
})

test('no path is both an answer and a group', () => {
  expect(() => nest({ a: 1, 'a/r/b': 2 })).toThrow(RangeError)
  expect(() => nest({ 'a/r/b': 2, a: 1 })).toThrow(RangeError)
})
