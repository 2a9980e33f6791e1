"""What can go wrong on a device, what to tell its worker, and the way on.

FieldError
├── StoreInUse          another process has the file             → close it, then try again
├── StoreDamaged        the file is no database any more          → `allpost-field doctor`, then enrol again
├── DiskFull            nothing was written, nothing was lost     → make room, then try again
├── NotEnrolled         no identity yet                           → `allpost-field enrol`
├── KeyFileMissing      the machine's key is not beside the store → put it back, or open by account
├── WrongPin            `left` tries remain                       → type it again, or open by account
├── LockedOut           five wrong PINs                           → `allpost-field unlock`
├── Wiped               wiped by order, or given back             → `allpost-field hand-over`, then enrol anew
├── ReadingLocked       locked by order, or too long out of touch → sync; capturing goes on
├── NotFound            no such record, item or operation here    → look for it by its list
├── Mistyped            what was typed cannot be understood       → type it as the message says
├── Refused             what was to be captured is not in order   → mend it, or capture it anyway
└── ExchangeFailed
    ├── Unreachable     no network, a timeout, a reply cut off    → the sync loop tries again
    ├── ServerBusy      429 or 5xx, with `retry_after_seconds`    → the sync loop tries again
    └── CallRefused     a problem document; `code` is its type    → by its code, see `sync_loop`
"""

from __future__ import annotations

from typing import Any

from forms.problem import Problem


class FieldError(Exception):
    """Something that a worker is told: in Chinese, in English, and what to do next."""

    next_step = ""
    next_step_en = ""

    def __init__(self, message: str, message_en: str, next_step: str = "", next_step_en: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.message_en = message_en
        if next_step:
            self.next_step, self.next_step_en = next_step, next_step_en


class StoreInUse(FieldError):
    """Another process has the store."""

    next_step = "请先关闭另一个全岗通程序，再试一次"
    next_step_en = "close the other program, then try again"

    def __init__(self, path: str) -> None:
        super().__init__(f"数据文件正被另一个程序使用：{path}", f"another process uses {path}")


class StoreDamaged(FieldError):
    """The file cannot be read as a store; it is left as it is."""

    next_step = (
        "运行 allpost-field doctor：损坏的文件会原样保留，能读出的未上报记录会转入新文件，然后重新登记"
    )
    next_step_en = (
        "run allpost-field doctor: the file is kept, what can be read is carried over, then enrol again"
    )

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"数据文件已损坏：{path}", f"the data file is damaged: {path} ({why})")


class DiskFull(FieldError):
    """A transaction was undone for want of room."""

    next_step = "请腾出存储空间后重试；已登记的记录都在"
    next_step_en = "make room and try again; everything captured is still there"

    def __init__(self) -> None:
        super().__init__("存储空间已满，这一步没有写入", "the disk is full; nothing was written")


class NotEnrolled(FieldError):
    """The device has no identity, so nothing can be captured or sent."""

    next_step = "请先在有网络时登记设备：allpost-field enrol"
    next_step_en = "enrol while there is a network: allpost-field enrol"

    def __init__(self) -> None:
        super().__init__("这台设备还没有登记", "this device is not enrolled")


class KeyFileMissing(FieldError):
    """The machine's key is gone, or is another one."""

    next_step = "把数据文件旁的 .key 文件放回原处，或联网用账号打开：allpost-field unlock"
    next_step_en = "put the .key file back beside the store, or open by account: allpost-field unlock"

    def __init__(self) -> None:
        super().__init__(
            "本机密钥文件不在或不是这台设备的，口令打不开数据文件",
            "the machine's key file is missing or another one; the PIN cannot open the store",
        )


class WrongPin(FieldError):
    """A wrong PIN, counted before it was tried."""

    next_step = "再试一次；忘记口令用 allpost-field unlock"
    next_step_en = "try again; where it is forgotten: allpost-field unlock"

    def __init__(self, left: int) -> None:
        super().__init__(f"口令不对，还能试{left}次", f"wrong PIN, {left} tries left")
        self.left = left


class LockedOut(FieldError):
    """Five wrong PINs: what the PIN opened is destroyed; the account or the window's code opens it."""

    next_step = (
        "联网用账号打开：allpost-field unlock；没有网络时请窗口查开锁码：allpost-field unlock --code；"
        "只上报不打开：allpost-field hand-over"
    )
    next_step_en = (
        "by account: allpost-field unlock; without a network by the window's code: unlock --code; "
        "to hand over without opening: allpost-field hand-over"
    )

    def __init__(self) -> None:
        super().__init__(
            "口令连着输错5次，已作废；未上报的记录都在",
            "the PIN has ended after 5 wrong ones; all work is kept",
        )


class Wiped(FieldError):
    """The device was wiped by order; `remains` sealed rows wait for the server."""

    next_step = "有网络时运行 allpost-field hand-over 上报剩下的记录；之后可重新登记"
    next_step_en = "hand over what remains while there is a network: allpost-field hand-over; then enrol anew"

    def __init__(self, operations: int, files: int) -> None:
        super().__init__(
            f"本机资料已按指令清除；还有{operations}条记录、{files}个文件封存待上报",
            f"wiped by order; {operations} operations and {files} files wait, sealed",
        )
        self.operations, self.files = operations, files


class ReadingLocked(FieldError):
    """Reading is locked; capturing is not."""

    next_step = "请联网运行 allpost-field sync；登记走访和办件不受影响"
    next_step_en = "sync while there is a network; capturing goes on"


class NotFound(FieldError):
    """Something named is not on this device."""


class Mistyped(FieldError):
    """What was typed cannot be understood; nothing was done."""


class Refused(FieldError):
    """What was to be captured is not in order; `problems` are all of its mistakes."""

    next_step = "请按提示改正后再登记；确需照此登记时加 --anyway"
    next_step_en = "mend it and capture again; to capture it as it is, add --anyway"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(
            "；".join(found.message for found in problems),
            "; ".join(found.message_en for found in problems),
        )
        self.problems = problems


class ExchangeFailed(FieldError):
    """An exchange with the server came to nothing."""


class Unreachable(ExchangeFailed):
    """No reply, or one that was cut off."""

    next_step = "有信号时再试，未上报的记录都在本机；一直连不上请核对服务器地址"
    next_step_en = "try again when there is a network, everything waits on this device; check the address"

    def __init__(self, why: str) -> None:
        super().__init__("连不上服务器", f"the server cannot be reached ({why})")


class ServerBusy(ExchangeFailed):
    """The server asks to wait."""

    next_step = "稍后再同步；未上报的记录都在本机"
    next_step_en = "sync later; everything waits on this device"

    def __init__(self, status: int, retry_after_seconds: float | None) -> None:
        super().__init__(f"服务器暂时忙（{status}）", f"the server is busy ({status})")
        self.retry_after_seconds = retry_after_seconds


class CallRefused(ExchangeFailed):
    """A problem document (RFC 9457). `code` is its type, `document` all that it says."""

    def __init__(self, status: int, code: str, document: dict[str, Any]) -> None:
        title = document.get("title") or f"服务器拒绝了请求（{status}）"
        detail = document.get("detail")
        super().__init__(f"{title}：{detail}" if detail else str(title), f"refused: {code} ({status})")
        self.status = status
        self.code = code
        self.document = document
        self.next_step = str(document.get("next") or "")
