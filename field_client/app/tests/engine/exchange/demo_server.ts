/**
 * A real server with the demonstration village, for tests of the exchange: started once a file, stopped by its id. The
 * village is made once a run; every server has a copy of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inject, vi } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../../../../..')
const READY_MS = 30_000

export interface Account {
  username: string
  password: string
}

export class DemoServer {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly accounts: Account[],
  ) {}

  static async start(): Promise<DemoServer> {
    const folder = mkdtempSync(join(tmpdir(), 'allpost-exchange-'))
    const data = join(folder, 'data')
    cpSync(await madeVillage(), data, { recursive: true })
    const { url, process } = await serving(data)
    const told = JSON.parse(readFileSync(join(data, 'demo-accounts.json'), 'utf-8')) as Account[]
    return new DemoServer(url, process, folder, told)
  }

  async stop(): Promise<void> {
    await ended(this.process)
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The account whose user name ends so: `w1`, `lead`. */
  account(ending: string): Account {
    const found = this.accounts.find((one) => one.username.endsWith(`-${ending}`))
    if (found === undefined) throw new Error(`no account ends with ${ending}`)
    return { username: found.username, password: found.password }
  }

  /** Put a phone out of use, as the village's lead does. */
  async revoke(device: string, orders: 'lock' | 'wipe'): Promise<void> {
    await this.asLead(`/api/v1/devices/${device}/revocation`, { orders, reason: '丢失' })
  }

  /** Give a worker a grid from today on; the assignment's id. */
  async assign(village: string, worker: string, grid: string): Promise<string> {
    const wanted = { worker, grid, from_day: today(), cover: true, reason: '代管' }
    const made = await this.asLead(`/api/v1/villages/${village}/assignments`, wanted)
    return String((made as { id: unknown }).id)
  }

  /** Take it back: it ended yesterday. */
  async endAssignment(village: string, assignment: string): Promise<void> {
    const path = `/api/v1/villages/${village}/assignments/${assignment}/end`
    await this.asLead(path, { to_day: today(-1), reason: '代管结束' })
  }

  private async asLead(path: string, body: unknown): Promise<unknown> {
    const session = await this.post('/api/v1/sessions', this.account('lead'))
    const { token } = (await session.json()) as { token: string }
    const reply = await this.post(path, body, token)
    if (!reply.ok) throw new Error(`refused: ${await reply.text()}`)
    return reply.json()
  }

  private post(path: string, body: unknown, token?: string): Promise<Response> {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (token) headers['authorization'] = `Bearer ${token}`
    return fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  }
}

/** The folder of the village as it is before anybody used it; the first who asks makes it, the others wait. */
async function madeVillage(): Promise<string> {
  const folder = inject('runFolder')
  const [made, making] = [join(folder, 'village'), join(folder, 'making')]
  const isFirst = mkdirSync(making, { recursive: true }) !== undefined
  if (isFirst) {
    const { process } = await serving(join(making, 'village'))
    await ended(process)
    renameSync(join(making, 'village'), made)
  }
  await vi.waitUntil(() => existsSync(made), { timeout: READY_MS, interval: 100 })
  return made
}

async function serving(data: string): Promise<{ url: string; process: ChildProcess }> {
  const port = await freePort()
  const program = join(ROOT, '.venv', 'bin', 'allpost-server')
  const process = spawn(program, ['run', '--demo', 'village', '--data', data, '--port', String(port)], {
    cwd: ROOT,
    stdio: 'ignore',
  })
  const url = `http://127.0.0.1:${port}`
  await ready(url, process)
  return { url, process }
}

async function ended(process: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => process.once('exit', resolve))
  process.kill('SIGTERM')
  await exit
}

/** A day in the village, so many days from today. */
function today(shift = 0): string {
  return new Date(Date.now() + (8 + 24 * shift) * 3_600_000).toISOString().slice(0, 10)
}

async function ready(url: string, process: ChildProcess): Promise<void> {
  const until = Date.now() + READY_MS
  while (Date.now() < until && process.exitCode === null) {
    const answer = await fetch(`${url}/ready`).catch(() => null)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  process.kill('SIGTERM')
  throw new Error('the server did not become ready')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
