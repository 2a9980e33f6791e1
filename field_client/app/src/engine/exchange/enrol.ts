/**
 * Enrolling, and enrolling anew: new keys, the same worker, everything kept carried over under its ids.
 *
 * Invariants
 * - Keys are on the disk before they are sent: a lost reply and a repeat give the same device, not two.
 * - The new identity, the rewritten chain, the data key sealed anew and the end of the old identity are one transaction.
 */
import { base64Of } from '../device/base64'
import type { Database } from '../device/database'
import {
  type DeviceKeys,
  dropPendingKeys,
  keysTaken,
  pendingKeys,
  publicPoint,
  type StoredIdentity,
} from '../device/identity'
import { sealedAnew } from '../device/sealed_key'
import type { Edit } from '../device/store'
import type { Anchor } from '../device/times'
import { CallRefused, FieldError } from '../errors'
import type { Continues, EnrolReply, EnrolRequest, Scope } from '../wire/messages'
import type { Exchange } from './exchange'
import { tryAgain } from './retry'
import { takeScope } from './scope'
import type { Transport } from './transport'

/** An account and its password; kept nowhere. */
export interface Credentials {
  username: string
  password: string
}

/** What an enrolment gave; nothing of it is stored yet but the keys. */
export interface Enrolment {
  identity: StoredIdentity
  scope: Scope
  keys: DeviceKeys
  anchor: Anchor | null
}

interface Wanted {
  deviceName: string
  appVersion: string
  /** An account, or the token of the identity that is continued. */
  by: Credentials | { token: string }
  continues: Continues | null
}

/** Refused with these because of the keys: they are somebody else's, or of a phone that was revoked. */
const OF_THE_KEYS = new Set(['forbidden', 'device-revoked'])

/**
 * Enrol this phone for the first time. To be stored by `takeEnrolment` as soon as there is a vault; asked again before
 * that, it gives the same device. CallRefused (wrong-password, forbidden, too-many-attempts …), Unreachable, ServerBusy.
 */
export function enrolFirst(
  database: Database,
  transport: Transport,
  credentials: Credentials,
  deviceName: string,
  appVersion: string,
): Promise<Enrolment> {
  const wanted = { deviceName, appVersion, by: credentials, continues: null }
  return enrolled(database, transport, wanted, (ask) => tryAgain(ask))
}

/** Keep a first enrolment: part of the first write of a new store. */
export function takeEnrolment(edit: Edit, { identity, scope, keys, anchor }: Enrolment): void {
  edit.values.set('identity', identity)
  takeScope(edit, scope)
  if (anchor !== null) {
    edit.values.set('anchor', anchor)
    edit.values.set('last_contact_ms', anchor.wallMs - anchor.offsetMs)
  }
  edit.beside.push(...keysTaken(keys))
}

/**
 * Go on under a new identity of the same worker: by the token that is known where no account is given. Everything kept
 * is carried over under its ids; how many operations. CallRefused where the server knows the token no more.
 */
export async function enrolAnew(exchange: Exchange, credentials: Credentials | null): Promise<number> {
  const { store, transport, identity: before, about } = exchange
  // the settled history is carried over too
  await store.complete
  const wanted = {
    deviceName: before.device_name,
    appVersion: about.appVersion,
    by: credentials ?? { token: before.token },
    continues: { device: before.device, counter: store.outbox.chain().counter },
  }
  const enrolment = await enrolled(store.database, transport, wanted, (ask) => exchange.call(ask)).catch(
    (error: unknown) => {
      const another = credentials !== null && error instanceof CallRefused && error.code === 'forbidden'
      throw another ? new OtherWorker(before.worker.name) : error
    },
  )
  const { identity } = enrolment
  if (identity.worker.id !== before.worker.id) {
    await dropPendingKeys(store.database)
    throw new OtherWorker(before.worker.name)
  }
  const sealed = await sealedAnew(store.database, store.vault, identity)
  return store.write((edit) => {
    const carriedOver = edit.outbox.rewrite(identity.device)
    takeEnrolment(edit, enrolment)
    edit.values.set('needs_account', undefined)
    // they name operations by the bytes that they had under the identity before
    edit.beside.push({ store: 'receipts', clear: true })
    edit.beside.push(...sealed)
    return carriedOver
  })
}

/** The account is another's: what this phone holds is not handed over in a colleague's name. */
export class OtherWorker extends FieldError {
  constructor(name: string) {
    super(
      `这台手机由${name}登记，请用本人的账号`,
      `this phone is ${name}'s; use that account`,
      '手机里还有未上报的记录，换人使用请联系村社负责人',
      'it still holds records to hand over',
    )
  }
}

async function enrolled(
  database: Database,
  transport: Transport,
  wanted: Wanted,
  call: <T>(ask: () => Promise<T>) => Promise<T>,
): Promise<Enrolment> {
  for (let attempt = 1; ; attempt += 1) {
    const keys = await pendingKeys(database)
    const request = await requestOf(wanted, keys)
    try {
      let anchor: Anchor | null = null
      const reply = await call(async () => {
        const told = await transport.post<EnrolReply>('/enrol', request, null)
        anchor = transport.measured
        return told
      })
      return {
        identity: identityOf(reply, transport.server, wanted.deviceName),
        scope: reply.scope,
        keys,
        anchor,
      }
    } catch (error) {
      // keys that were kept for an enrolment which was never finished may be another worker's: once more with new ones
      if (!(error instanceof CallRefused) || !OF_THE_KEYS.has(error.code)) throw error
      await dropPendingKeys(database)
      if (attempt === 2) throw error
    }
  }
}

async function requestOf(wanted: Wanted, keys: DeviceKeys): Promise<EnrolRequest> {
  const [signing, sealing] = await Promise.all([publicPoint(keys.signing), publicPoint(keys.sealing)])
  return {
    ...wanted.by,
    device_name: wanted.deviceName,
    app_version: wanted.appVersion,
    signing_key: base64Of(signing),
    sealing_key: base64Of(sealing),
    continues: wanted.continues,
  }
}

function identityOf(reply: EnrolReply, server: string, deviceName: string): StoredIdentity {
  const { device, token, epoch, worker, limits, signing, sealing } = reply
  return { server, device, device_name: deviceName, worker, token, epoch, limits, signing, sealing }
}
