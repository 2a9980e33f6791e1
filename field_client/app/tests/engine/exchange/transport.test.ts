/** One call: what becomes of a bad line, a server in trouble, a refusal, and somebody else's answers. */
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { browserTimes } from '../../../src/engine/device/times'
import { CallRefused, ServerBusy, Unreachable } from '../../../src/engine/errors'
import { Transport } from '../../../src/engine/exchange/transport'

const TIME = '2026-11-23T08:00:00.000Z'

type Answer = (url: string, init: RequestInit) => Promise<Response> | Response

function transport(answer: Answer): Transport {
  const network: typeof fetch = (input, init) => {
    const signal = init?.signal
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
    })
    return Promise.race([Promise.resolve(answer(String(input), init ?? {})), aborted])
  }
  return new Transport('https://post.example', browserTimes(), { fetch: network, replyMs: 60, pieceMs: 40 })
}

function problem(status: number, type: string, more: object = {}, headers: HeadersInit = {}): Response {
  const document = { type, status, title: '出了错', title_en: 'Trouble', next: '再试', ...more }
  return new Response(JSON.stringify(document), { status, headers })
}

describe('a reply', () => {
  it('gives its message and both clocks', async () => {
    const asked: string[] = []
    const line = transport((url, init) => {
      asked.push(url, new Headers(init.headers).get('authorization') ?? '')
      return Response.json({ time: TIME, scope: 3 })
    })
    expect(await line.get('/changes', { village: '330481106222', after: 'e.1' }, 't')).toMatchObject({
      scope: 3,
    })
    expect(asked).toEqual(['https://post.example/sync/v1/changes?village=330481106222&after=e.1', 'Bearer t'])
    const offset = Date.now() - Date.parse(TIME)
    expect(Math.abs((line.measured?.offsetMs ?? 0) - offset)).toBeLessThan(1000)
  })

  it('that is none of this protocol was sent by somebody else', async () => {
    for (const text of ['<html>请先登录</html>', '{"time": "yesterday"}', 'null', '']) {
      await expect(transport(() => new Response(text)).get('/changes', {}, 't')).rejects.toThrow(Unreachable)
    }
    const page = transport(() => new Response('<html>请先登录</html>', { status: 403 }))
    await expect(page.get('/changes', {}, 't')).rejects.toThrow(Unreachable)
  })
})

describe('a body', () => {
  const message = { text: '内容'.repeat(2000) }

  it('that is worth it goes compressed, and as it is where the server cannot read that', async () => {
    const sent: (string | null)[] = []
    const line = transport((_, init) => {
      const encoding = new Headers(init.headers).get('content-encoding')
      const bytes = init.body as Uint8Array
      const text = encoding === 'gzip' ? gunzipSync(bytes).toString() : Buffer.from(bytes).toString()
      expect(JSON.parse(text)).toEqual(message)
      sent.push(encoding)
      return encoding === 'gzip' ? problem(415, 'unsupported-media') : Response.json({ time: TIME })
    })
    await line.post('/push', message, 't')
    await line.post('/push', message, 't')
    expect(sent).toEqual(['gzip', null, null])
  })
})

describe('a bad line', () => {
  it('is given up after a while, and the request with it', async () => {
    let signal: AbortSignal | null | undefined
    const silent = transport((_, init) => {
      signal = init.signal
      return new Promise(() => undefined)
    })
    await expect(silent.get('/changes', {}, 't')).rejects.toThrow(Unreachable)
    expect(signal?.aborted).toBe(true)
  })

  it('that falls silent in the middle of a reply is given up too; what came is told', async () => {
    const halting = transport(
      () =>
        new Response(
          new ReadableStream({
            start: (control) => control.enqueue(Uint8Array.of(1, 2, 3)),
            pull: () => new Promise(() => undefined),
          }),
        ),
    )
    const came: number[] = []
    await expect(
      halting.getBytes('/segments/x', 't', 0, (bytes, at) => came.push(at, ...bytes)),
    ).rejects.toThrow(Unreachable)
    expect(came).toEqual([0, 1, 2, 3])
  })

  it('is left at once when the phone is locked', async () => {
    const silent = transport(() => new Promise(() => undefined))
    const asked = silent.get('/changes', {}, 't')
    silent.abandon()
    await expect(asked).rejects.toThrow(Unreachable)
  })
})

describe('a refusal', () => {
  it('is told in the words of the server', async () => {
    const line = transport(() => problem(401, 'wrong-password', { title: '用户名或密码不正确' }))
    const refused = await line.post('/enrol', {}, null).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(CallRefused)
    expect(refused).toMatchObject({
      status: 401,
      code: 'wrong-password',
      zh: '用户名或密码不正确',
      en: 'Trouble',
      next: '再试',
    })
  })

  it('is a busy server where it says so, and how long', async () => {
    const busy = transport(() => problem(503, 'server-busy', {}, { 'retry-after': '7' }))
    await expect(busy.get('/changes', {}, 't')).rejects.toMatchObject({ status: 503, retryAfterSeconds: 7 })
    const broken = transport(() => new Response('', { status: 500 }))
    await expect(broken.get('/changes', {}, 't')).rejects.toThrow(ServerBusy)
  })

  it('is none to be tried again soon where a person has to wait', async () => {
    const line = transport(() => problem(429, 'too-many-attempts'))
    await expect(line.post('/enrol', {}, null)).rejects.toThrow(CallRefused)
  })

  it('of a proxy in front, as too large, counts as such', async () => {
    const line = transport(() => new Response('<html>too large</html>', { status: 413 }))
    await expect(line.post('/push', {}, 't')).rejects.toMatchObject({ status: 413, code: '' })
  })
})
