import { beforeEach, describe, expect, it } from 'vitest'
import { Refused } from '@/engine/errors'
import { bring, oldAge, openCases, type CasesCore } from './cases_core'
import { COLLEAGUE, NOW_MS } from './open_core'
import { freshDisk, WORKER } from './phone'

beforeEach(freshDisk)

const DAY_MS = 86_400_000

async function one(
  state: string,
  more: Parameters<typeof oldAge>[1] = {},
): Promise<CasesCore & { id: string }> {
  const open = await openCases()
  const [id = ''] = await bring(open, oldAge(state, more))
  return { ...open, id }
}

describe('a sheet', () => {
  it('tells the case as a person reads it', async () => {
    const { cases, id } = await one('received', {
      received_at: '2026-11-20T10:00:00+08:00',
      'materials/identity-card': 'original_seen',
      'answers/age_band': '80',
      note: '子女代办',
    })
    const sheet = cases.sheet(id)
    expect(sheet).toMatchObject({
      itemName: '80周岁以上老年人高龄津贴发放',
      state: { zh: '收件' },
      isOpen: true,
      isUnsettled: true,
      receipt: '330481106222-261120-33653419-4',
      applicant: { name: '沈建国', phone: '13800000001', identityNumberMasked: '330499********001X' },
      answers: { age_band: '80' },
      waits: false,
      conflicts: [],
    })
    expect(sheet.materials.map(({ material, state, needed }) => [material.key, state, needed])).toEqual([
      ['identity-card', 'original_seen', true],
      ['bank-account', null, true],
    ])
    expect(sheet.steps.map((step) => [step.label.zh, step.by])).toEqual([
      ['委托', '张三'],
      ['收件', null],
    ])
    expect(sheet.promise?.dueOn).toBe('2026-12-16')
    expect(sheet.promise?.text.zh).toMatch(/预计.*以部门受理为准.*演示时限/)
  })

  it('offers the moves of its holder, and on window duty those of the window', async () => {
    const { cases, id, times } = await one('received')
    const moves = () => cases.sheet(id).moves.map((move) => `${move.to} ${move.allowed}`)
    expect(moves()).toEqual(['handed_up false', 'withdrawn true'])
    expect(cases.sheet(id).moves[0]?.why?.zh).toBe('“报送”只能由值班窗口操作')
    expect(cases.sheet(id).waitsFor).toBe('window')
    times.pass(DAY_MS)
    expect(moves()).toEqual(['handed_up true', 'withdrawn true'])
    expect(cases.sheet(id).waitsFor).toBe('me')
  })

  it('asks for what belongs to a move', async () => {
    const { cases, id } = await one('processing')
    const asks = Object.fromEntries(cases.sheet(id).moves.map((move) => [move.to, move.asks]))
    expect(asks).toEqual({
      supplementing: ['missing_materials', 'reason'],
      granted: ['result'],
      refused: ['result', 'reason'],
      terminated: ['result', 'reason'],
      withdrawn: ['reason'],
    })
  })

  it.each([
    ['entrusted', {}, 'me'],
    ['entrusted', { holder: COLLEAGUE }, 'colleague'],
    ['received', {}, 'window'],
    ['handed_up', {}, 'town'],
    ['supplementing', {}, 'me'],
    ['withdrawn', {}, 'nobody'],
  ] as const)('in %s %o waits for %s', async (state, more, expected) => {
    const { cases, id } = await one(state, more)
    expect(cases.sheet(id).waitsFor).toBe(expected)
  })

  it('of a licence says until when what is missing must be told', async () => {
    const { cases, id } = await one('received', { item: 'homestead-building-application' })
    expect(cases.sheet(id).promise?.text.zh).toContain('最迟2026-11-27一次性告知')
    freshDisk()
    const { cases: later, id: accepted } = await one('accepted', {
      item: 'homestead-building-application',
      accepted_at: '2026-11-23T09:00:00+08:00',
    })
    expect(later.sheet(accepted).promise?.text.zh).not.toContain('一次性告知')
  })

  it('of an unknown item version says so and stays readable', async () => {
    const { cases, id } = await one('received', { item_version: 9 })
    const sheet = cases.sheet(id)
    expect([sheet.item, sheet.promise, sheet.moves, sheet.isOpen]).toEqual([undefined, null, [], true])
    expect(cases.mine()).toHaveLength(1)
  })
})

describe('the light', () => {
  it.each([
    ['received', {}, 'on_time', '时限内，还有17个工作日'],
    ['received', { captured_at: '2026-11-18T09:00:00+08:00' }, 'soon', '最迟11月25日报送'],
    ['received', { captured_at: '2026-11-12T09:00:00+08:00' }, 'late', '超期未报送，最迟应在11月19日'],
    ['processing', { accepted_at: '2026-11-03T09:00:00+08:00' }, 'soon', '临近到期，还有1个工作日'],
    ['processing', { accepted_at: '2026-11-02T09:00:00+08:00' }, 'soon', '临近到期，今天到期'],
    ['processing', { accepted_at: '2026-10-29T09:00:00+08:00' }, 'late', '已超期2个工作日'],
    [
      'granted',
      { accepted_at: '2026-11-02T09:00:00+08:00', decided_at: '2026-11-24T09:00:00+08:00' },
      'late',
      '准予，超期办结',
    ],
    [
      'granted',
      { accepted_at: '2026-11-02T09:00:00+08:00', decided_at: '2026-11-20T09:00:00+08:00' },
      'on_time',
      '准予，时限内办结',
    ],
    ['withdrawn', {}, 'none', '撤回'],
    [
      'supplementing',
      {
        accepted_at: '2026-11-16T09:00:00+08:00',
        pauses: [{ reason: 'supplement', start: '2026-11-18T09:00:00+08:00' }],
      },
      'paused',
      '暂停计时',
    ],
  ])('of %s %o is %s: %s', async (state, more, light, words) => {
    const { cases, id } = await one(state, more)
    expect(cases.sheet(id).light).toMatchObject({ state: light, text: { zh: words } })
  })
})

describe('a move', () => {
  it('writes its moment down, and what may not be is refused in the words of the village', async () => {
    const { cases, id, view } = await one('entrusted')
    await cases.move(id, 'received')
    expect(Date.parse(String(view.get(id)?.values.received_at))).toBe(NOW_MS)
    expect(cases.sheet(id).waits).toBe(true)
    await expect(cases.move(id, 'handed_up')).rejects.toThrow(Refused)
    await expect(cases.move(id, 'withdrawn')).rejects.toMatchObject({
      zh: expect.stringContaining('“撤回”要写明原因') as string,
    })
    await cases.move(id, 'withdrawn', { reason: '不办了' })
    expect(cases.sheet(id).steps.map((step) => step.label.zh)).toEqual(['委托', '收件', '撤回'])
    expect(cases.mine()).toEqual([])
  })

  it('out of a supplement ends its pause', async () => {
    const { cases, id, view } = await one('supplementing', {
      accepted_at: '2026-11-16T09:00:00+08:00',
      pauses: [{ reason: 'supplement', start: '2026-11-18T09:00:00+08:00' }],
    })
    expect(cases.sheet(id).moves.find((move) => move.to === 'processing')?.label.zh).toBe('补正已交')
    await cases.move(id, 'processing')
    const [pause] = view.get(id)?.values.pauses as { end?: string }[]
    expect(Date.parse(pause?.end ?? '')).toBe(NOW_MS)
    expect(cases.sheet(id).promise?.stopped).toBe(false)
  })
})

describe('what changes on a case', () => {
  it('its materials, with the notice told once it is complete', async () => {
    const { cases, id, view } = await one('entrusted')
    await cases.setMaterials(id, { 'identity-card': 'missing' }, true)
    expect(view.get(id)?.values.missing_told_at).toBeUndefined()
    await cases.setMaterials(id, { 'bank-account': 'copy' }, true)
    expect(view.get(id)?.values).toMatchObject({
      'materials/identity-card': 'missing',
      missing_told_at: expect.any(String) as string,
    })
    await expect(cases.setMaterials(id, { nothing: 'copy' })).rejects.toThrow(Refused)
  })

  it('its answers, judged with those that it has; null takes one away', async () => {
    const whole = {
      'answers/age_band': '80',
      'answers/account': '6222020000000000000',
      'answers/own_account': true,
    }
    const { cases, id } = await one('entrusted', whole)
    await expect(cases.setAnswers(id, { account: null })).rejects.toMatchObject({
      problems: [{ pointer: '/answers/account', code: 'required' }],
    })
    await cases.setAnswers(id, { age_band: '90' })
    expect(cases.sheet(id).answers.age_band).toBe('90')
  })

  it('its holder, formally: 工作流转 to a colleague and why', async () => {
    const { cases, id, view } = await one('entrusted')
    await expect(cases.handOver(id, COLLEAGUE, ' ')).rejects.toThrow(Refused)
    await cases.handOver(id, COLLEAGUE, '休假')
    expect(view.get(id)?.values).toMatchObject({
      holder: COLLEAGUE,
      handovers: [{ giver: WORKER, receiver: COLLEAGUE, reason: '休假' }],
    })
    const sheet = cases.sheet(id)
    expect(sheet.waitsFor).toBe('colleague')
    expect(sheet.steps.at(-1)).toMatchObject({ label: { zh: '移交给李四：休假' }, by: '张三' })
    expect(cases.mine()).toEqual([])
  })

  it('its decision, after which its result is on its way and its form stays as it is', async () => {
    const { cases, id } = await one('granted')
    expect(cases.sheet(id)).toMatchObject({ isOpen: true, isUnsettled: false })
  })

  it('its taking back, with a reason', async () => {
    const { cases, id } = await one('entrusted')
    await cases.void(id, '录错了')
    expect(cases.sheet(id)).toMatchObject({ isOpen: false, waitsFor: 'nobody', moves: [] })
    expect(cases.sheet(id).steps.at(-1)?.label.zh).toBe('撤销：录错了')
  })
})

describe('lists', () => {
  it('hold what is mine, what is the window’s on my duty, and what is a household’s', async () => {
    const open = await openCases()
    const ids = await bring(
      open,
      oldAge('entrusted', { captured_at: '2026-11-21T09:00:00+08:00' }),
      oldAge('received', { holder: COLLEAGUE, first_contact: COLLEAGUE }),
      oldAge('handed_up', { holder: COLLEAGUE, first_contact: COLLEAGUE }),
      oldAge('followed_up'),
    )
    const idsOf = (sheets: { record: { id: string } }[]) => sheets.map((sheet) => sheet.record.id)
    expect(idsOf(open.cases.mine())).toEqual([ids[0]])
    expect(idsOf(open.cases.mine(false))).toEqual([ids[3], ids[0]])
    expect(open.cases.ofWindow()).toEqual([])
    expect(open.cases.ofHousehold(String(open.view.get(ids[0] ?? '')?.values.household))).toHaveLength(4)
    open.times.pass(DAY_MS)
    expect(idsOf(open.cases.ofWindow())).toEqual([ids[1]])
  })

  it('are made once for what is shown, and anew on another day', async () => {
    const open = await openCases()
    await bring(open, oldAge('received'), oldAge('received'))
    const [first, second] = open.cases.mine()
    const again = open.cases.mine()
    expect(again).toHaveLength(2)
    expect(again[0]).toBe(first)
    expect(again[1]).toBe(second)
    open.times.pass(DAY_MS)
    expect(open.cases.mine()[0]).not.toBe(first)
  })
})

describe('the slip', () => {
  it('says what it is, and its code holds no personal data', async () => {
    const { cases, id } = await one('entrusted', { 'materials/identity-card': 'original_seen' })
    const slip = cases.receipt(id)
    expect(slip?.title).toBe('收件回执（代办）')
    expect(slip?.number).toBe('330481106222-261120-33653419-4')
    expect(slip?.qr).toBe(
      '收件回执（代办）\n编号：330481106222-261120-33653419-4\n村社：红星村\n事项：80周岁以上老年人高龄津贴发放',
    )
    expect(slip?.text).toContain('申请人：沈建国')
    expect(slip?.text).toContain('登记时间：2026年11月20日 09:00')
    expect(slip?.text).toContain('材料：身份证（已验原件）')
    expect(slip?.text).toContain('不是部门的受理通知')
    expect(slip?.text).not.toContain('1950')
  })

  it('is of proxy cases only', async () => {
    const { cases, id } = await one('registered', { item: 'senior-card', receipt_number: null })
    expect(cases.receipt(id)).toBeNull()
  })
})
