/** A forgotten PIN: the account opens the data key that this phone had sealed to the server (docs/protocol.md, Unlock). */
import { base64Of, bytesOf } from '../device/base64'
import type { Bytes } from '../device/vault'
import type { UnlockReply, UnlockRequest } from '../wire/messages'
import type { Credentials } from './enrol'
import { tryAgain } from './retry'
import type { Transport } from './transport'

/**
 * The data key. No token is needed: what is sealed names the phone. CallRefused: wrong-password, forbidden (another's
 * account), device-revoked, unknown-device, too-many-attempts. Unreachable, ServerBusy.
 */
export async function dataKeyByAccount(
  transport: Transport,
  credentials: Credentials,
  sealedDataKey: Bytes,
): Promise<Bytes> {
  const request: UnlockRequest = { ...credentials, sealed_data_key: base64Of(sealedDataKey) }
  const reply = await tryAgain(() => transport.post<UnlockReply>('/unlock', request, null))
  return bytesOf(reply.data_key)
}
