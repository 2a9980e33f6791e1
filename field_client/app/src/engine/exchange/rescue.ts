/** Handing a rescue file in (docs/protocol.md, Rescue). Handing the same file in again changes nothing. */
import type { HandedIn } from '../api/rescue'
import { momentMs } from '../sync/clock'
import type { RescueReply } from '../wire/messages'
import { tryAgain } from './retry'
import type { Transport } from './transport'

/** What a file brought. Without a token the server must know the phone that made it. CallRefused, Unreachable, ServerBusy. */
export function handInRescue(transport: Transport, file: Blob, token: string | null): Promise<RescueReply> {
  return tryAgain(() => transport.postFile<RescueReply>('/rescue', file, token))
}

/** A reply as screens see it. */
export function handedIn(reply: RescueReply): HandedIn {
  return {
    atMs: momentMs(reply.time),
    fresh: reply.operations_new,
    known: reply.operations_known,
    held: reply.held,
    filesFresh: reply.files_new,
    filesKnown: reply.files_known,
    unreadable: reply.unreadable,
  }
}
