/**
 * What a phone whose app is closed or locked hands over by itself when there is a network again: its unsent operations,
 * as the rescue file that its rows make without the vault (docs/protocol.md, Rescue). The service worker does it.
 *
 * Invariants
 * - Nothing of the phone's work is changed by it: the next opening pushes all that waits, and what the server has already
 *   changes nothing there.
 * - The same operations are not sent a second time in the same epoch.
 * - Operations only. Photos wait for the app: whether they may go (只在 Wi-Fi, a price) and which of them belong to
 *   nothing but a draft stands sealed.
 */
import { readStanding, type Standing } from '../device/standing'
import { makeRescueFile, RescueImpossible } from '../device/rescue'
import { RowsOnDisk } from '../device/rows_on_disk'
import { browserTimes } from '../device/times'
import { CallRefused } from '../errors'
import { handInRescue } from './rescue'
import { Transport, type TransportOptions } from './transport'

/** How it ended: handed over, nothing new was there, or the server will not have it so and the app has to be opened. */
export type HandedOver = 'done' | 'nothing' | 'refused'

/** Hand over what waits on this phone. Unreachable, ServerBusy: later again. */
export async function handOverClosed(options: TransportOptions = {}): Promise<HandedOver> {
  const rows = await RowsOnDisk.open()
  if (rows === null) return 'nothing'
  try {
    const standing = await readStanding(rows)
    if (!standing?.device || standing.unsent.operations === 0) return 'nothing'
    return await handOver(rows, standing, options)
  } catch (error) {
    if (error instanceof CallRefused) return 'refused'
    // without its keys, or with rows that cannot be read, the phone's own pages say what to do
    if (error instanceof RescueImpossible) return 'nothing'
    throw error
  } finally {
    rows.close()
  }
}

async function handOver(
  rows: RowsOnDisk,
  standing: Standing,
  options: TransportOptions,
): Promise<HandedOver> {
  const { device, epoch, cipher, unsent } = standing
  const counter = Math.max(...(await rows.keys('outbox')).map(Number))
  const noted = await rows.noted()
  if (noted?.device === device && noted.epoch === epoch && noted.counter >= counter) return 'nothing'
  const times = browserTimes()
  const source = {
    device,
    worker: '',
    epoch,
    cipher,
    sealingKey: standing.sealing_key,
    unsentFrom: unsent.counter,
    madeAtMs: times.wallMs() - standing.clock_offset_ms,
  }
  const { blob, unsent: count } = await makeRescueFile(rows, source, { smallest: true })
  if (count === 0) return 'nothing'
  await handInRescue(new Transport(standing.server, times, options), blob, null)
  await rows.note({ device, epoch, counter })
  return 'done'
}
