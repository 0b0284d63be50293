"""ws-call: send messages over a WebSocket and print what comes back. Needs `wsproto`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import TypeVar

import wsproto
from wsproto import events

from gossamer.apps.client.dial import Dialling, open_stream, parse_url
from gossamer.apps.client.exchange import CallError, Headers

E = TypeVar("E", bound=events.Event)


async def websocket_echo(
    url: str, texts: Sequence[str], headers: Headers = (), timeout_s: float = 10.0
) -> list[str]:
    """Send each text and read one message back. CallError when the server does not play along."""
    address, target = parse_url(url.replace("ws://", "http://", 1).replace("wss://", "https://", 1))
    reader, writer = await open_stream(address, Dialling(timeout_s))
    conn = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    extra = [(name.encode(), value.encode()) for name, value in headers]
    try:
        async with asyncio.timeout(timeout_s):
            hello = events.Request(host=address.authority, target=target, extra_headers=extra)
            writer.write(conn.send(hello))
            await _next(conn, reader, events.AcceptConnection)
            answers = []
            for text in texts:
                writer.write(conn.send(events.TextMessage(data=text)))
                answers.append(await _message(conn, reader))
            writer.write(conn.send(events.CloseConnection(code=1000)))
            return answers
    except TimeoutError as error:
        raise CallError("timeout", f"no answer from {url} within {timeout_s:g} s") from error
    finally:
        writer.close()


def main(name: str, args: Sequence[str]) -> int:
    """`ws-call URL [TEXT...]`."""
    parser = argparse.ArgumentParser("ws-call", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("texts", nargs="*", default=["hello"])
    parser.add_argument("--header", action="append", default=[], help="'Name: value'")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds")
    asked = parser.parse_args(args)
    pairs = tuple((n.strip(), v.strip()) for n, _, v in (h.partition(":") for h in asked.header))
    try:
        answers = asyncio.run(websocket_echo(asked.url, asked.texts, pairs, asked.timeout))
    except CallError as error:
        print(f"ws-call: {error}", file=sys.stderr)
        return 1
    print("\n".join(answers))
    return 0


async def _message(conn: wsproto.WSConnection, reader: asyncio.StreamReader) -> str:
    text: str = ""
    while True:
        event = await _next(conn, reader, events.TextMessage)
        text += event.data
        if event.message_finished:
            return text


async def _next(conn: wsproto.WSConnection, reader: asyncio.StreamReader, wanted: type[E]) -> E:
    while True:
        for event in conn.events():
            if isinstance(event, wanted):
                return event
            if isinstance(event, events.RejectConnection):
                raise CallError("refused", f"the upgrade was refused: status {event.status_code}")
            if isinstance(event, events.CloseConnection):
                raise CallError("closed", f"the server closed with code {event.code}")
        data = await reader.read(65536)
        if not data:
            raise CallError("empty", "the server closed the connection")
        conn.receive_data(data)
