"""The server's clock, handed on as an argument so that a test can say what time it is."""

import time
from collections.abc import Callable

Clock = Callable[[], int]


def unix_ms() -> int:
    """Now, in Unix milliseconds."""
    return time.time_ns() // 1_000_000
