/** The window's code: shown in groups, typed as people type. */
import { expect, it } from 'vitest'
import { codeShown, codeTyped } from '@/engine/recovery_code'

it('a code is read as it was meant', () => {
  expect(codeTyped('oOiIlL-ａｂ 12')).toBe('001111AB12')
  expect(codeShown('0123456789ABCDEF')).toBe('0123-4567-89AB-CDEF')
})
