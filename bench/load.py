"""A load that costs next to nothing: requests made beforehand, sent over kept-alive sockets from one small process.

Reads from standard input a msgpack list of connections, each a list of whole HTTP requests; writes one line of JSON.
"""

from __future__ import annotations

import json
import resource
import selectors
import socket
import sys
import time

import msgspec


class _Connection:
    def __init__(self, port: int, requests: list[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = requests
        self.at = -1
        self.sent = 0.0
        self.buffer = b""

    def send_next(self) -> bool:
        self.at += 1
        if self.at == len(self.requests):
            return False
        self.sent = time.perf_counter()
        self.socket.sendall(self.requests[self.at])
        return True

    def complete(self) -> bytes | None:
        """The status line once the whole reply is there."""
        head, gap, body = self.buffer.partition(b"\r\n\r\n")
        if not gap:
            return None
        length = next(
            int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"
        )
        return head[:12] if len(body) >= length else None


def main(port: int) -> None:
    scripts = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[list[bytes]])
    connections = [_Connection(port, requests) for requests in scripts]
    selector = selectors.DefaultSelector()
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    latencies, refused, sizes = [], 0, []
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    running = sum(connection.send_next() for connection in connections)
    while running:
        for key, _ in selector.select():
            connection = key.data
            connection.buffer += connection.socket.recv(262_144)
            status = connection.complete()
            if status is None:
                continue
            latencies.append(time.perf_counter() - connection.sent)
            sizes.append(len(connection.buffer))
            refused += not status.endswith(b" 200")
            connection.buffer = b""
            running -= not connection.send_next()
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    latencies.sort()
    print(
        json.dumps(
            {
                "seconds": seconds,
                "requests": len(latencies),
                "refused": refused,
                "p50_ms": latencies[len(latencies) // 2] * 1000,
                "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
                "bytes": sorted(sizes)[len(sizes) // 2],
                "cpu_share": (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds,
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
