/**
 * What can go wrong on a phone, what to tell its worker, and the way on.
 *
 * FieldError
 * ├── StoreDamaged       the database cannot be read              → keep the tab, tell the village's computer person
 * ├── StorageFull        nothing was written, nothing was lost    → make room, then tap again
 * ├── Locked             the PIN has not been given               → unlock
 * ├── WrongPin           the PIN does not open the vault          → again, or by account
 * ├── LockedOut          five wrong PINs                          → by account, or by a code from the window
 * ├── WrongCode          the code does not open the vault         → again, or ask the window
 * ├── ElsewhereOpen      another tab has the database             → go on there, or take it over
 * ├── NotFound           no such record, item or operation here   → look for it in its list
 * ├── Refused            what was to be captured is not in order  → mend it; `problems` are all of its mistakes
 * └── ExchangeFailed
 *     ├── Unreachable    no network, a timeout, a cut-off reply   → the sync loop tries again
 *     ├── ServerBusy     429 or 5xx, with `retryAfterSeconds`     → the sync loop tries again
 *     └── CallRefused    a problem document (RFC 9457)            → by its `code`
 */
import type { Problem } from './problem'

/** Something that a worker is told: in Chinese, in English, and what to do next. Never shown by its stack. */
export class FieldError extends Error {
  constructor(
    readonly zh: string,
    readonly en: string,
    readonly next: string = '',
    readonly nextEn: string = '',
    options?: ErrorOptions,
  ) {
    super(en, options)
    this.name = new.target.name
  }
}

export class StoreDamaged extends FieldError {
  constructor(cause: unknown) {
    super(
      '本机数据无法读取',
      'the data on this phone cannot be read',
      '请不要清除浏览器数据，联系村里的管理员；已上报的记录都在服务器上',
      'do not clear the browser; what was sent is on the server',
      { cause },
    )
  }
}

export class StorageFull extends FieldError {
  constructor(cause?: unknown) {
    super(
      '手机存储空间已满，这一步没有保存',
      'storage is full; this step was not saved',
      '请删除一些照片或应用后再点一次；之前登记的记录都在',
      'make room and tap again; everything captured before is still there',
      { cause },
    )
  }
}

export class Locked extends FieldError {
  constructor() {
    super('请先输入口令', 'enter the PIN first')
  }
}

export class WrongPin extends FieldError {
  /** `triesLeft`: how many more are looked at before the phone locks itself. */
  constructor(readonly triesLeft: number | null = null) {
    super(
      '口令不对',
      'wrong PIN',
      triesLeft === null
        ? '再试一次；忘记口令可用账号重设'
        : `还可试 ${triesLeft} 次，之后口令作废，要用账号或窗口的开锁码打开；登记的内容都在`,
      triesLeft === null
        ? 'try again, or reset it with your account'
        : `${triesLeft} more, then the PIN ends and your account or a code from the window opens the phone; nothing is lost`,
    )
  }
}

export class LockedOut extends FieldError {
  constructor() {
    super(
      '口令错了 5 次，已经作废',
      'five wrong PINs: the PIN has ended',
      '用账号或窗口的开锁码打开；登记的内容都在',
      'open by your account or a code from the window; nothing is lost',
    )
  }
}

export class WrongCode extends FieldError {
  constructor() {
    super(
      '开锁码不对，或已经用过',
      'wrong code, or one that was used',
      '请对照着再输一遍；还不对就请窗口重新查一次开锁码',
      'compare it once more, or ask the window to look it up again',
    )
  }
}

export class ElsewhereOpen extends FieldError {
  constructor() {
    super(
      '全岗通已在另一个页面打开',
      'the app is open in another tab',
      '请到那个页面继续，或在这里点“在此继续”',
      'go on there, or take it over here',
    )
  }
}

export class NotFound extends FieldError {}

/** A second tap, or somebody at the window, was quicker. */
export class NothingToMend extends NotFound {
  constructor() {
    super('没有这条要更正的记录，可能已更正过', 'no such rejected operation; it may have been mended already')
  }
}

export class Refused extends FieldError {
  constructor(readonly problems: readonly Problem[]) {
    super(
      problems.map((one) => one.message).join('；'),
      problems.map((one) => one.message_en).join('; '),
      '请按提示改正',
      'mend what is marked',
    )
  }
}

export class ExchangeFailed extends FieldError {}

export class Unreachable extends ExchangeFailed {
  constructor(cause?: unknown) {
    super(
      '连不上服务器',
      'the server cannot be reached',
      '有信号时会自动再试，未上报的记录都在本机',
      'it is tried again by itself; everything waits on this phone',
      { cause },
    )
  }
}

export class ServerBusy extends ExchangeFailed {
  constructor(
    readonly status: number,
    readonly retryAfterSeconds: number | null,
  ) {
    super(
      '服务器暂时忙',
      `the server is busy (${status})`,
      '稍后会自动再试，未上报的记录都在本机',
      'it is tried again by itself; everything waits on this phone',
    )
  }
}

export class CallRefused extends ExchangeFailed {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly document: Readonly<{
      title?: string
      title_en?: string
      detail?: string | null
      next?: string
      [member: string]: unknown
    }>,
  ) {
    const title = document.title ?? `服务器拒绝了请求（${status}）`
    super(
      document.detail ? `${title}：${document.detail}` : title,
      document.title_en ?? `the server refuses (${status})`,
      document.next ?? '',
    )
  }
}
