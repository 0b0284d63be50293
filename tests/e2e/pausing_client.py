"""Callers that pause as long between two POSTs as a server keeps their connection.

Run as `python pausing_client.py HOST PORT SECONDS CALLERS POSTS`; prints how often each status
came.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter


async def caller(host: str, port: int, pause: float, posts: int, came: Counter[str]) -> None:
    """One connection, used again after each pause."""
    reader, writer = await asyncio.open_connection(host, port)
    for _ in range(posts):
        writer.write(b"POST / HTTP/1.1\r\nHost: %b\r\nContent-Length: 3\r\n\r\nabc" % host.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:"))
        await reader.readexactly(int(size.split(b":")[1]))
        came[head.split(b" ")[1].decode()] += 1
        await asyncio.sleep(pause)
    writer.close()


async def main(host: str, port: int, pause: float, callers: int, posts: int) -> None:
    """All of them at once, their pauses a little apart around the one that is meant."""
    came: Counter[str] = Counter()
    pauses = [pause - 0.004 + 0.008 * number / callers for number in range(callers)]
    await asyncio.gather(*(caller(host, port, each, posts, came) for each in pauses))
    print(json.dumps(came))


host, port, pause, callers, posts = sys.argv[1:]
asyncio.run(main(host, int(port), float(pause), int(callers), int(posts)))
