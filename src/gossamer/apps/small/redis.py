"""redis: enough of its protocol (RESP2) for a cart and for probes; kept in memory.

PING, ECHO, SET, GET, DEL, EXISTS, INCR, DECR, KEYS, DBSIZE, FLUSHALL, INFO, SELECT, QUIT.
"""

from __future__ import annotations

import asyncio
import fnmatch
import os
from collections.abc import Callable, Sequence

from gossamer.apps.arguments.addresses import port_of
from gossamer.apps.serve.running import Tcp, run_app
from gossamer.apps.serve.tcp import Answer

PORT = 6379
MOST_WORDS = 1024
MOST_BYTES = 64 * 1024 * 1024
OK = b"+OK\r\n"
NIL = b"$-1\r\n"


class RedisStore:
    """The values of one server."""

    def __init__(self, pod: str) -> None:
        self.pod = pod
        self.values: dict[bytes, bytes] = {}

    def answer(self, words: Sequence[bytes]) -> bytes:
        """The reply to one command."""
        name = words[0].upper().decode("latin-1")
        known = COMMANDS.get(name)
        if known is None:
            return f"-ERR unknown command '{name}'\r\n".encode()
        least, reply = known
        if len(words) <= least:
            return f"-ERR wrong number of arguments for '{name.lower()}' command\r\n".encode()
        return reply(self, words[1:])

    def add(self, key: bytes, amount: int) -> bytes:
        """INCR and DECR."""
        try:
            number = int(self.values.get(key, b"0")) + amount
        except ValueError:
            return b"-ERR value is not an integer or out of range\r\n"
        self.values[key] = str(number).encode()
        return _integer(number)

    def set(self, words: Sequence[bytes]) -> bytes:
        """SET key value."""
        self.values[words[0]] = words[1]
        return OK

    def delete(self, keys: Sequence[bytes]) -> bytes:
        """DEL key..."""
        return _integer(sum(self.values.pop(key, None) is not None for key in keys))

    def keys(self, pattern: bytes) -> bytes:
        """KEYS pattern."""
        matching = [key for key in self.values if fnmatch.fnmatchcase(key, pattern)]
        return b"*%d\r\n" % len(matching) + b"".join(_bulk(key) for key in matching)

    def flush(self) -> bytes:
        """FLUSHALL."""
        self.values.clear()
        return OK


def _integer(number: int) -> bytes:
    return b":%d\r\n" % number


def _bulk(value: bytes | None) -> bytes:
    return NIL if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


Reply = Callable[[RedisStore, Sequence[bytes]], bytes]
COMMANDS: dict[str, tuple[int, Reply]] = {
    "PING": (0, lambda store, words: _bulk(words[0]) if words else b"+PONG\r\n"),
    "ECHO": (1, lambda store, words: _bulk(words[0])),
    "SET": (2, RedisStore.set),
    "GET": (1, lambda store, words: _bulk(store.values.get(words[0]))),
    "DEL": (1, RedisStore.delete),
    "EXISTS": (1, lambda store, words: _integer(sum(key in store.values for key in words))),
    "INCR": (1, lambda store, words: store.add(words[0], 1)),
    "DECR": (1, lambda store, words: store.add(words[0], -1)),
    "KEYS": (1, lambda store, words: store.keys(words[0])),
    "DBSIZE": (0, lambda store, words: _integer(len(store.values))),
    "FLUSHALL": (0, lambda store, words: store.flush()),
    "INFO": (0, lambda store, words: _bulk(f"# Server\r\npodname:{store.pod}\r\n".encode())),
    "SELECT": (1, lambda store, words: OK),
    "COMMAND": (0, lambda store, words: b"*0\r\n"),
}


def serving(store: RedisStore) -> Answer:
    """The coroutine that speaks for a store on one connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while words := await _command(reader):
            if words[0].upper() == b"QUIT":
                writer.write(OK)
                return
            writer.write(store.answer(words))
            await writer.drain()

    return answer


async def _command(reader: asyncio.StreamReader) -> list[bytes]:
    """One command, as an array of bulk strings or as a plain line; empty at the end."""
    line = (await reader.readline()).strip()
    if not line.startswith(b"*"):
        return line.split()
    count = _size(line, MOST_WORDS)
    return [await _word(reader) for _ in range(count)]


async def _word(reader: asyncio.StreamReader) -> bytes:
    length = _size((await reader.readline()).strip(), MOST_BYTES)
    return (await reader.readexactly(length + 2))[:-2]


def _size(line: bytes, most: int) -> int:
    number = int(line[1:]) if line[1:].isdigit() else -1
    if not 0 <= number <= most:
        raise ConnectionError(f"{line[:20]!r} is not a size that is accepted here")
    return number


def main(name: str, args: Sequence[str]) -> int:
    """`redis [--port N]`."""
    store = RedisStore(os.environ.get("HOSTNAME", "redis"))
    return run_app(name, [Tcp(port_of(args, {}, PORT), serving(store))])
