/** A small server of tus 1.0 on a real port: what it holds, and faults on purpose. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Upload {
  digest: string
  length: number
  bytes: Buffer
}

/** Null: as it should be. A status, or `cut`: the line breaks in the middle of the body. */
export type Fault = { status: number; code?: string } | 'cut' | null

export class TusServer {
  readonly uploads = new Map<string, Upload>()
  readonly durable = new Set<string>()
  readonly calls: string[] = []
  epoch = 'epoch-1'
  /** Asked before each call. */
  fault: (method: string, path: string) => Fault = () => null
  private readonly server: Server = createServer((request, reply) => void this.answer(request, reply))
  private count = 0

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }

  private async answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    this.calls.push(`${method} ${url}`)
    const fault = this.fault(method, url)
    if (fault === 'cut') return this.cut(request, url)
    const body = await bodyOf(request)
    if (fault !== null) return problem(reply, fault.status, fault.code ?? 'fault')
    if (request.headers.authorization !== 'Bearer secret') return problem(reply, 401, 'bad-token')
    if (url === '/sync/v1/files/known') return this.known(body, reply)
    if (url === '/sync/v1/files') return this.create(request, reply)
    const upload = this.uploads.get(url)
    if (upload === undefined) return problem(reply, 404, 'not-found')
    if (method === 'PATCH') return this.take(upload, request, body, reply)
    reply.writeHead(200, {
      'upload-offset': upload.bytes.length,
      'upload-length': upload.length,
      'tus-resumable': '1.0.0',
    })
    reply.end()
  }

  /** What came before the line broke stays. */
  private cut(request: IncomingMessage, url: string): void {
    request.once('data', (piece: Buffer) => {
      const upload = this.uploads.get(url)
      if (upload) upload.bytes = Buffer.concat([upload.bytes, piece.subarray(0, 1000)])
      request.destroy()
    })
  }

  private known(body: Buffer, reply: ServerResponse): void {
    const { digests } = JSON.parse(body.toString()) as { digests: string[] }
    const durable = digests.filter((one) => this.durable.has(one))
    reply.writeHead(200, { 'content-type': 'application/json' })
    reply.end(JSON.stringify({ epoch: this.epoch, time: '2026-11-23T08:12:00+00:00', durable }))
  }

  private create(request: IncomingMessage, reply: ServerResponse): void {
    const told = String(request.headers['upload-metadata'])
    const pairs = told.split(',').map((pair) => pair.split(' '))
    const [, encoded = ''] = pairs.find(([key]) => key === 'digest') ?? []
    const path = `/sync/v1/files/uploads/${(this.count += 1)}`
    this.uploads.set(path, {
      digest: Buffer.from(encoded, 'base64').toString(),
      length: Number(request.headers['upload-length']),
      bytes: Buffer.alloc(0),
    })
    reply.writeHead(201, { location: path, 'tus-resumable': '1.0.0' })
    reply.end()
  }

  private take(upload: Upload, request: IncomingMessage, body: Buffer, reply: ServerResponse): void {
    if (Number(request.headers['upload-offset']) !== upload.bytes.length)
      return problem(reply, 409, 'upload-offset')
    const sum = `sha256 ${createHash('sha256').update(body).digest('base64')}`
    if (request.headers['upload-checksum'] !== sum) return problem(reply, 460, 'checksum-mismatch')
    upload.bytes = Buffer.concat([upload.bytes, body])
    const whole = upload.bytes.length === upload.length
    if (whole && createHash('sha256').update(upload.bytes).digest('hex') === upload.digest)
      this.durable.add(upload.digest)
    reply.writeHead(204, { 'upload-offset': upload.bytes.length, 'tus-resumable': '1.0.0' })
    reply.end()
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

function problem(reply: ServerResponse, status: number, code: string): void {
  reply.writeHead(status, { 'content-type': 'application/problem+json' })
  reply.end(JSON.stringify({ type: `https://example.org/${code}`, status, title: '不行', title_en: 'no' }))
}
