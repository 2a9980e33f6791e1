"""A device without its PIN: what it may still do. It asks for its orders, hands its sealed work over, opens again.

It works on the clear file alone (`head`), and can read nothing of what it hands over.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import httpx
import msgspec
import tenacity

from field_client.errors import FieldError, NotEnrolled, Refused
from field_client.exchange import ATTEMPTS_MAX, RETRIED
from field_client.head import Header, Standing, Unsent, head_path, open_head
from field_client.key_box import check_pin, machine_key
from field_client.opening import box_anew, vault_by_code
from field_client.rescue import made_file, send_file
from field_client.standing import CONTACT, OFFSET, signing_key
from field_client.store import own
from field_client.times import SystemTimes, Times
from field_client.transport import Transport
from field_client.vault import Vault
from field_client.wiping import begin_wipe, finish_wipe, forget_all
from forms.problem import Problem
from sync.cipher import SealError
from sync.clock import moment
from sync.protocol import (
    OrdersReply,
    OrdersRequest,
    RescueReply,
    UnlockReply,
    UnlockRequest,
    encode,
    orders_message,
)
from sync.sealing import sign

T = TypeVar("T")


class ClosedStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a closed device knows of itself. `phase`: ready (its PIN opens it), locked-out, wiped."""

    phase: str
    device: str
    server: str
    unsent: Unsent
    last_contact_ms: int | None
    orders: str


class ClosedDevice:
    """A device's clear file, owned by this process. NotEnrolled where it is nobody's yet; StoreInUse."""

    def __init__(
        self,
        path: Path | str,
        *,
        times: Times | None = None,
        inner: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        attempts: int = ATTEMPTS_MAX,
        pin_iterations: int | None = None,
    ) -> None:
        self.path = Path(path)
        self._times = times or SystemTimes()
        self._inner, self._sleep, self._attempts = inner, sleep, attempts
        self._pin_iterations = pin_iterations
        if not head_path(self.path).exists():
            raise NotEnrolled()
        self._lock_file = own(self.path)
        try:
            self.head = open_head(self.path)
            if self.header.phase == "wiped":
                finish_wipe(self.head, self.path)
        except BaseException:
            os.close(self._lock_file)
            raise

    def __enter__(self) -> ClosedDevice:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the files back; a second time does nothing."""
        self.head.connection.close()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    @property
    def header(self) -> Header:
        """How the store lies. NotEnrolled where it was never made."""
        header = self.head.header
        if header is None:
            raise NotEnrolled()
        return header

    @property
    def standing(self) -> Standing:
        """Who the device is to the server. NotEnrolled before it enrolled."""
        standing = self.head.standing
        if standing is None:
            raise NotEnrolled()
        return standing

    def status(self) -> ClosedStatus:
        """How it stands, as far as it knows without its PIN."""
        standing = self.standing
        return ClosedStatus(
            phase=self.header.phase,
            device=standing.device,
            server=standing.server,
            unsent=self.head.unsent(),
            last_contact_ms=self.head.get(CONTACT, int),
            orders=self.head.get("orders", str) or "none",
        )

    # opening again

    def unlock(self, username: str, password: str, new_pin: str) -> None:
        """Open by account, online: the server opens the data key sealed to it. CallRefused, Refused for the PIN."""
        check_pin(new_pin)
        sealed = base64.b64encode(self.standing.sealed_data_key).decode()
        request = UnlockRequest(username=username, password=password, sealed_data_key=sealed)
        reply = self._ask(lambda to: to.post("/unlock", encode(request), UnlockReply))
        self._open_with(base64.b64decode(reply.data_key), new_pin)

    def unlock_by_code(self, code: str, new_pin: str) -> None:
        """Open by the code that the window reads out, without a network. Refused for a wrong code."""
        check_pin(new_pin)
        vault = vault_by_code(self.head, self.path, self.header, code)
        if vault is None:
            raise Refused([_wrong_code()])
        self._box(vault, new_pin)

    def _open_with(self, data_key: bytes, new_pin: str) -> None:
        vault = Vault(self.header.cipher, data_key)
        for row in self.head.kept()[:1]:
            try:
                vault.open(row.place, row.sealed)
            except SealError as error:
                raise FieldError(
                    "服务器给的密钥打不开这台设备", "the server's key does not open this device"
                ) from error
        self._box(vault, new_pin)

    def _box(self, vault: Vault, new_pin: str) -> None:
        box_anew(self.head, self.path, vault, new_pin, self._pin_iterations)
        self.head.connection.settle()

    # orders, and handing over

    def orders(self) -> str:
        """Ask for the orders, and carry them out: `none`, `lock`, `wipe`."""
        if self.header.phase == "wiped":
            return "wipe"
        reply = self._ask_orders(wiped=False)
        if reply.orders == "wipe":
            self._wipe()
        else:
            self.head.put("orders", reply.orders)
        return reply.orders

    def hand_over(self) -> RescueReply | None:
        """Hand the sealed work over without opening it; None where nothing waits. A wiped device ends with it."""
        reply = None
        if self.head.kept(unsent_only=True):
            content = self.rescue_file()
            reply = self._ask(lambda to: send_file(to, content, None))
        if self.header.phase == "wiped":
            self._ask_orders(wiped=True)
            self.close()
            forget_all(self.path)
        return reply

    def rescue_file(self) -> bytes:
        """What is kept, unsent first, as one encrypted, signed file that only the server opens."""
        key = signing_key(self.head, self.standing, machine_key(self.path))
        return made_file(self.head, self.standing, key, "", moment(self._now_ms()))

    def _wipe(self) -> None:
        begin_wipe(self.head)
        finish_wipe(self.head, self.path)

    def _ask_orders(self, wiped: bool) -> OrdersReply:
        standing, said = self.standing, moment(self._now_ms())
        key = signing_key(self.head, standing, machine_key(self.path))
        signature = base64.b64encode(sign(key, orders_message(standing.device, said, wiped))).decode()
        request = OrdersRequest(device=standing.device, time=said, wiped=wiped, signature=signature)
        return self._ask(lambda to: to.post("/orders", encode(request), OrdersReply))

    def _now_ms(self) -> int:
        """The time, corrected by the offset that the last contact measured."""
        return self._times.wall_ms() - (self.head.get(OFFSET, int) or 0)

    def _ask(self, call: Callable[[Transport], T]) -> T:
        standing = self.standing
        transport = Transport(standing.server, self._times, standing.certificate, self._inner)
        retrying = tenacity.Retrying(
            retry=RETRIED,
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=tenacity.wait_random_exponential(max=60),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            reply: T = retrying(lambda: call(transport))
            return reply
        finally:
            transport.close()


def _wrong_code() -> Problem:
    return Problem(
        pointer="/code",
        code="wrong-code",
        message="开锁码不对，或不是这台设备现在的开锁码",
        message_en="not this device's present code",
    )
