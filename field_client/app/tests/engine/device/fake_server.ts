/** Enrols, unseals, orders and takes a phone's leavings as the server does; everything else of it cannot be reached. */
import { expect } from 'vitest'
import { base64Of, bytesOf } from '@/engine/device/base64'
import { unseal } from '@/engine/device/sealing'
import { ordersText } from '@/engine/exchange/orders'
import { DEVICE, SCOPE, VILLAGE, WORKER } from './phone'

const ECDH = { name: 'ECDH', namedCurve: 'P-256' }

export class FakeServer {
  reachable = true
  orders = 'none'
  cipher = 'aes-256-gcm'
  /** Whether `/status` is answered; a phone with nothing to push is then synced as far as its orders. */
  answersStatus = false
  readonly token = 'the-token-of-this-phone'
  readonly signingKeys: string[] = []
  /** Recovery codes as the window would read them out. */
  readonly codes: string[] = []
  /** What was said at `/orders`, each signed by the phone. */
  readonly asked: string[] = []
  readonly rescued: Blob[] = []
  /** How far this server's clock is ahead of the phone's. */
  aheadMs = 0
  epoch = '0192f6c5-0000-7000-8000-00000000e001'
  private keys = 0

  private constructor(
    private sealing: CryptoKeyPair,
    private point: string,
  ) {}

  static async made(): Promise<FakeServer> {
    const { pair, point } = await newKey()
    return new FakeServer(pair, point)
  }

  /** Another sealing key from now on. */
  async rotate(): Promise<void> {
    const { pair, point } = await newKey()
    this.sealing = pair
    this.point = point
    this.keys += 1
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const path = new URL(input instanceof Request ? input.url : input).pathname
    if (!this.reachable) throw new TypeError('Failed to fetch')
    if (path.endsWith('/rescue')) return this.rescue(init?.body as Blob)
    const text = await new Response(init?.body).text()
    if (text.startsWith('{')) return this.answer(path, JSON.parse(text) as Record<string, string>)
    throw new TypeError('Failed to fetch')
  }

  private async answer(path: string, message: Record<string, string>): Promise<Response> {
    if (path.endsWith('/orders')) return this.order(message)
    if (path.endsWith('/status') && this.answersStatus) return this.status(message)
    if (path.endsWith('/push') || path.endsWith('/status')) throw new TypeError('Failed to fetch')
    if (message.password !== 'right')
      return reply(401, { type: 'wrong-password', status: 401, title: '账号或密码不对' })
    if (path.endsWith('/enrol')) return this.enrol(message)
    if (path.endsWith('/unlock')) return this.unlock(message)
    throw new TypeError('Failed to fetch')
  }

  private enrol(message: Record<string, string>): Response {
    this.signingKeys.push(message.signing_key ?? '')
    return reply(200, {
      ...this.said(),
      device: DEVICE,
      token: this.token,
      worker: { id: WORKER, name: '张三', role: 'worker', division: VILLAGE },
      scope: SCOPE,
      ...this.asks(),
    })
  }

  private async unlock(message: Record<string, string>): Promise<Response> {
    return reply(200, {
      ...this.said(),
      data_key: base64Of(await this.opened(message.sealed_data_key ?? '')),
    })
  }

  private async status(message: Record<string, string>): Promise<Response> {
    if (message.recovery) this.codes.push(new TextDecoder().decode(await this.opened(message.recovery)))
    return reply(200, {
      ...this.said(),
      acknowledged: 0,
      digest: message.digest,
      scope: SCOPE,
      orders: this.orders,
      outcomes: [],
      outcomes_cursor: 0,
      ...this.asks(),
    })
  }

  private async order(message: Record<string, string>): Promise<Response> {
    const { device = '', time = '', signature = '' } = message
    const wiped = Boolean(message.wiped)
    const point = bytesOf(this.signingKeys.at(-1) ?? '')
    const key = await crypto.subtle.importKey('raw', point, { name: 'ECDSA', namedCurve: 'P-256' }, false, [
      'verify',
    ])
    const how = { name: 'ECDSA', hash: 'SHA-256' }
    const text = new TextEncoder().encode(ordersText(device, time, wiped))
    expect(await crypto.subtle.verify(how, key, bytesOf(signature), text)).toBe(true)
    if (Math.abs(Date.parse(time) - this.nowMs()) > 86_400_000)
      return reply(422, { type: 'request-invalid', status: 422, title: '请求不对', time: this.said().time })
    this.asked.push(wiped ? 'wiped' : 'held')
    return reply(200, { ...this.said(), orders: this.orders, acknowledged: 0, digest: '' })
  }

  private rescue(file: Blob): Response {
    this.rescued.push(file)
    const none = { operations_known: 0, held: 0, files_new: 0, files_known: 0, unreadable: 0 }
    const of = { device: DEVICE, identity: 'continued', operations_new: 1, acknowledged: 1, digest: '' }
    return reply(200, { ...this.said(), ...of, ...none })
  }

  /** What was sealed to the key of now, after the device's id. */
  private async opened(sealed: string): Promise<Uint8Array> {
    const plain = await unseal(this.sealing.privateKey, bytesOf(sealed))
    expect(new TextDecoder().decode(plain.slice(0, DEVICE.length))).toBe(DEVICE)
    return plain.slice(DEVICE.length)
  }

  private asks(): object {
    const limits = {
      batch_operations: 500,
      batch_bytes: 1048576,
      operation_bytes: 65536,
      page_records: 1000,
      lease_working_days: 3,
      cipher: this.cipher,
    }
    return {
      limits,
      signing: { id: 'k', key: this.point },
      sealing: { id: `k${this.keys}`, key: this.point },
    }
  }

  private said(): { epoch: string; time: string } {
    return { epoch: this.epoch, time: new Date(this.nowMs()).toISOString() }
  }

  private nowMs(): number {
    return Date.now() + this.aheadMs
  }
}

async function newKey(): Promise<{ pair: CryptoKeyPair; point: string }> {
  const pair = await crypto.subtle.generateKey(ECDH, false, ['deriveBits'])
  return { pair, point: base64Of(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))) }
}

function reply(status: number, body: unknown): Response {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': type } })
}
