import { beforeEach, describe, expect, it } from 'vitest'
import { DeviceHistory } from '@/engine/device/history'
import { DeviceSettling } from '@/engine/device/settling'
import { NotFound, Refused } from '@/engine/errors'
import type { Fields } from '@/engine/field_values'
import { COLLEAGUE, HEAD, HOME, NOW_MS, openCore, sent, type OpenCore } from './open_core'
import { DEVICE, freshDisk, GRID, id, SCOPE, VILLAGE, WORKER } from './phone'

beforeEach(freshDisk)

const AT = '2026-11-23T16:00:00+08:00'
const CASE = id(50)
const CONFLICT = id(51)
const CLOCK = '2026-11-23T07:00:00.000Z/0000'
const STATES: Fields = {
  item: 'allowance',
  item_version: 1,
  state: 'received',
  applicant_name: '沈建国',
  captured_at: AT,
  holder: WORKER,
  first_contact: WORKER,
  resident: HEAD,
  'answers/way': 'bank',
}

type Opened = OpenCore & { settling: DeviceSettling; history: DeviceHistory }

async function opened(): Promise<Opened> {
  const open = await openCore()
  return {
    ...open,
    settling: new DeviceSettling(open.core, open.store),
    history: new DeviceHistory(open.core, open.store),
  }
}

async function withConflict(): Promise<Opened> {
  const open = await opened()
  const offer = { value: 'withdrawn', worker: WORKER, device: DEVICE, clock: CLOCK, operation: id(60) }
  const values = {
    subject: CASE,
    subject_kind: 'case',
    field: 'state',
    seen: 'entrusted',
    standing: 'received',
    standing_by: [id(61), COLLEAGUE, CLOCK],
    offered: [offer],
  }
  const records = [
    sent('case', 50, STATES, { grid: GRID, conflicts: [CONFLICT], holder: WORKER }),
    sent('conflict', 51, values, { grid: GRID, holder: WORKER }),
  ]
  await open.store.write((edit) => edit.copy.applyEntries(VILLAGE, records, SCOPE))
  return open
}

/** As a push and its reply leave it. */
async function answered(open: OpenCore, counter: number, outcome: Fields): Promise<void> {
  await open.store.write((edit) => {
    edit.outbox.acknowledge(counter, NOW_MS)
    edit.outbox.takeOutcomes([{ counter, outcome: 'rejected', ...outcome }], 1)
  })
}

describe('a conflict', () => {
  it('is a card with both values, whose they are and when', async () => {
    const { settling } = await withConflict()
    const [card] = settling.conflicts()
    expect(card).toMatchObject({ field: 'state', label: { zh: '状态' }, before: '委托', settled: null })
    expect(card?.subject?.id).toBe(CASE)
    expect(card?.choices.map((one) => [one.value, one.text, one.worker, one.standing, one.mine])).toEqual([
      ['received', '收件', '李四', true, false],
      ['withdrawn', '撤回', '张三', false, true],
    ])
    expect(card?.choices[1]).toMatchObject({ device: '张三的手机', atMs: Date.parse('2026-11-23T07:00:00Z') })
  })

  it('is settled by a choice, and the choice is taken back', async () => {
    const { settling, view } = await withConflict()
    await settling.choose(CONFLICT, 'withdrawn')
    expect(view.get(CASE)?.values.state).toBe('withdrawn')
    expect(view.get(CASE)?.conflicts).toEqual([])
    expect(settling.conflicts()).toEqual([])
    expect(settling.conflicts(true)[0]?.settled).toMatchObject({ value: 'withdrawn', by: '张三', mine: true })
    expect(settling.settledByOthers()).toEqual([])
    await settling.undo(CONFLICT)
    expect(view.get(CASE)?.values.state).toBe('received')
  })

  it('that somebody else settled is told with the value in words, also a third one, and the note', async () => {
    const open = await withConflict()
    const record = open.view.get(CONFLICT)
    const settled = {
      ...record?.values,
      choice: { value: 'archived' },
      settled_by: COLLEAGUE,
      settled_at: new Date(NOW_MS).toISOString() + '/0000',
      note: '打电话问过',
    }
    const theirs = sent('conflict', 80, settled, { id: CONFLICT, grid: GRID, revision: 2 })
    await open.store.write((edit) => edit.copy.applyEntries(VILLAGE, [theirs], SCOPE))
    const [card] = open.settling.settledByOthers()
    expect(card?.settled).toMatchObject({ text: '归档', by: '李四', mine: false, note: '打电话问过' })
    const old = { ...settled, settled_at: new Date(NOW_MS - 25 * 3600_000).toISOString() + '/0000' }
    const earlier = sent('conflict', 81, old, { id: CONFLICT, grid: GRID, revision: 3 })
    await open.store.write((edit) => edit.copy.applyEntries(VILLAGE, [earlier], SCOPE))
    expect(open.settling.settledByOthers()).toEqual([])
  })

  it('needs no taking back where the standing value was chosen, only another choice', async () => {
    const { settling, view } = await withConflict()
    await settling.choose(CONFLICT, 'received')
    await expect(settling.undo(CONFLICT)).rejects.toThrow(NotFound)
    await settling.choose(CONFLICT, 'withdrawn')
    expect(view.get(CASE)?.values.state).toBe('withdrawn')
    const conflict = view.get(CONFLICT)
    expect(settling.textOf('conflict', 'choice', { value: 'received' }, conflict)).toBe('收件')
  })

  it('takes only what was offered, and gives back only what is one’s own', async () => {
    const { settling } = await withConflict()
    await expect(settling.choose(CONFLICT, 'archived')).rejects.toThrow(Refused)
    await expect(settling.undo(CONFLICT)).rejects.toThrow(NotFound)
    await expect(settling.choose(CASE, 'withdrawn')).rejects.toThrow(NotFound)
  })

  it('is not settled by somebody who has no part in it', async () => {
    const open = await withConflict()
    const record = open.view.get(CONFLICT)
    const offered = [
      { value: 'withdrawn', worker: COLLEAGUE, device: id(62), clock: CLOCK, operation: id(60) },
    ]
    const theirs = sent(
      'conflict',
      80,
      { ...record?.values, offered },
      { id: CONFLICT, grid: GRID, revision: 2 },
    )
    await open.store.write((edit) => edit.copy.applyEntries(VILLAGE, [theirs], SCOPE))
    const refused = await open.settling.choose(CONFLICT, 'withdrawn').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Refused)
    expect(refused instanceof Refused && refused.problems[0]?.message).toBe('请当天值班窗口或当事人处理')
  })
})

describe('a rejected operation', () => {
  it('is mended: the same record, another operation, and it is trouble no more', async () => {
    const open = await opened()
    const fields = { household: HOME, name: '沈小明', phone: '13800000002' }
    const { record, operation } = await open.core.create('resident', VILLAGE, fields)
    const problem = { pointer: '/fields/phone', code: 'phone-form', message: '号码不对', message_en: 'wrong' }
    await answered(open, 1, { problems: [problem] })
    expect(open.history.trouble().map((one) => [one.id, one.state, one.problems])).toEqual([
      [operation, 'rejected', [problem]],
    ])
    expect(open.view.get(record)?.values.phone).toBe('13800000002')
    const mended = await open.settling.mend(operation, { phone: '13800000003', name: '沈晓明' })
    expect(mended.record).toBe(record)
    expect(open.view.get(record)?.values).toEqual({ household: HOME, name: '沈晓明', phone: '13800000003' })
    expect(open.history.trouble()).toEqual([])
    expect((await open.history.all()).map((one) => one.state)).toEqual(['waiting', 'mended'])
    await expect(open.settling.mend(operation, {})).rejects.toThrow(NotFound)
  })

  it('is mended once, however often it is tapped', async () => {
    const open = await opened()
    const { operation } = await open.core.create('resident', VILLAGE, { household: HOME, name: '沈小明' })
    await answered(open, 1, {})
    const fields = { phone: '13800000003' }
    const taps = await Promise.allSettled([
      open.settling.mend(operation, fields),
      open.settling.mend(operation, fields),
    ])
    expect(taps.map((tap) => tap.status)).toEqual(['fulfilled', 'rejected'])
    expect(open.store.outbox.waitingCount()).toBe(1)
  })

  it('that was mended at the window is trouble no more', async () => {
    const open = await opened()
    await open.core.change('household', HOME, { note: '旧' })
    const remark = {
      pointer: '',
      code: 'mended',
      message: '已由窗口更正',
      message_en: 'mended',
      remark: true,
    }
    await answered(open, 1, { remarks: [remark] })
    expect(open.history.trouble()).toEqual([])
  })

  it('that was given up at the window is trouble no more, and says why', async () => {
    const open = await opened()
    await open.core.change('household', HOME, { note: '旧' })
    const message = '不再处理：与另一条重复'
    const remark = { pointer: '', code: 'given-up', message, message_en: 'given up', remark: true }
    await answered(open, 1, { remarks: [remark] })
    expect(open.history.trouble()).toEqual([])
    const [entry] = await open.history.all()
    expect(entry).toMatchObject({ state: 'given_up', problems: [remark] })
  })

  it('that says nothing wrong any more is found nowhere', async () => {
    const { settling } = await opened()
    await expect(settling.mend(id(99), {})).rejects.toThrow(NotFound)
  })
})

describe('tasks', () => {
  it('are added, done, and done again otherwise', async () => {
    const { settling } = await opened()
    const later = await settling.addTask({ title: '回访', due: '2026-12-01', household: HOME })
    const sooner = await settling.addTask({ title: '送材料', due: '2026-11-24' })
    const never = await settling.addTask({ title: '有空再做' })
    expect(settling.tasks().map((one) => one.id)).toEqual([sooner.record, later.record, never.record])
    await settling.finishTask(sooner.record, '已送')
    expect(settling.tasks().map((one) => one.id)).toEqual([later.record, never.record])
    expect(settling.tasks(true)).toHaveLength(3)
    await settling.reopenTask(sooner.record)
    expect(settling.tasks()).toHaveLength(3)
  })

  it('of colleagues are not one’s own', async () => {
    const { settling } = await opened()
    await settling.addTask({ title: '李四的', holder: COLLEAGUE })
    expect(settling.tasks(true)).toEqual([])
  })
})

describe('values in words', () => {
  it.each<[string, string, Fields[string] | undefined, string]>([
    ['visit', 'outcome', 'not_home', '未遇'],
    ['visit', 'household', HOME, '沈建国户'],
    ['visit', 'met', [HEAD], '沈建国'],
    ['visit', 'purposes', ['care', 'policy'], '关爱探访、政策宣传'],
    ['visit', 'companions', [COLLEAGUE], '李四'],
    ['visit', 'written_up_later', true, '是'],
    ['visit', 'started_at', AT, '2026-11-23 16:00'],
    ['visit', 'findings', [{ id: 'f', type: 'fire', text: '电线老化' }], '消防：电线老化'],
    ['visit', 'location', { latitude: '30', longitude: '120', system: 'WGS-84' }, '已定位'],
    ['household', 'visit_class', 'special_elder', '特殊困难老年人'],
    ['household', 'grid', GRID, '第一网格'],
    ['household', 'village', VILLAGE, '红星村'],
    ['household', 'tags', { add: ['独居'], remove: ['党员'] }, '增加独居；去掉党员'],
    ['case', 'pauses', [{ reason: 'supplement', start: AT, end: null }], '补正 2026-11-23 16:00 至 今'],
    ['household', 'note', null, '未填'],
    ['resident', 'identity_number', '330499196002020013', '330499********0013'],
    ['case', 'state', 'received', '收件'],
    ['case', 'item', 'allowance', '高龄津贴'],
    ['case', 'materials/id_card', 'copy', '复印件'],
    ['case', 'note', `sha256:${'0'.repeat(64)}`, '（较长的文字）'],
    ['task', 'state', 'open', '未完成'],
    ['case', 'handovers', [{ giver: WORKER, receiver: COLLEAGUE, reason: '', at: AT }], '张三移交给李四'],
  ])('%s %s', async (kind, field, value, words) => {
    const { settling } = await opened()
    expect(settling.textOf(kind, field, value)).toBe(words)
  })

  it('of answers are those of their form', async () => {
    const { settling, view } = await withConflict()
    const record = view.get(CASE)
    expect(settling.textOf('case', 'answers/way', 'bank', record)).toBe('转账')
    expect(settling.textOf('case', 'answers/amount', 12050, record)).toBe('120.50元')
    expect(settling.labelOf('household', 'name')).toEqual({ zh: '户主', en: 'name' })
    expect(settling.labelOf('visit', 'answers/x').zh).toBe('表单答案（x）')
  })
})

describe('the history', () => {
  it('tells each operation in plain words, the latest first', async () => {
    const { core, history, settling } = await withConflict()
    const visit = { worker: WORKER, grid: GRID, household: HOME, outcome: 'not_home', started_at: AT }
    await core.create('visit', VILLAGE, visit)
    await core.create('round', VILLAGE, { worker: WORKER, grid: GRID, started_at: AT })
    const round = history.waiting()[1]?.record ?? ''
    await core.change('round', round, { finished_at: AT })
    await core.change('household', HOME, { phone: '13900000000', note: '门铃坏了' })
    await core.create('resident', VILLAGE, { household: HOME, name: '沈小明' })
    await core.create('request', VILLAGE, { text: '问公交卡', worker: WORKER, asked_at: AT })
    const task = await settling.addTask({ title: '送材料' })
    await settling.finishTask(task.record)
    await settling.choose(CONFLICT, 'withdrawn')
    await core.void('visit', history.waiting()[0]?.record ?? '', '记错了')
    const titles = (await history.all()).map((one) => one.title.zh)
    expect(titles).toEqual([
      '撤销入户 沈建国户 未遇',
      '处理不一致 高龄津贴 状态',
      '任务 送材料 已完成',
      '任务 送材料',
      '记下诉求 问公交卡',
      '新增居民 沈小明',
      '修改户 沈建国户：电话、备注',
      '结束走访 第一网格',
      '开始走访 第一网格',
      '入户 沈建国户 未遇',
    ])
    expect(history.waiting().map((one) => one.counter)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })
})
