"""HTTP/2 for tests with real Envoys: a client, and a door that dials like a captured one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded

from tests.compile.dialling import Answer, dial


async def ask_http2(address: str, port: int, host: str, tls: ssl.SSLContext) -> Answer:
    """One HTTP/2 request over TLS, the name asked for being the host."""
    reader, writer = await asyncio.open_connection(address, port, ssl=tls, server_hostname=host)
    connection = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
    connection.initiate_connection()
    head = [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", "/")]
    connection.send_headers(1, head, end_stream=True)
    writer.write(connection.data_to_send())
    headers: dict[str, str] = {}
    body, ended = b"", False
    async with asyncio.timeout(20):
        while not ended:
            for event in connection.receive_data(await reader.read(65536)):
                if isinstance(event, ResponseReceived):
                    headers = {str(name): str(value) for name, value in event.headers}
                elif isinstance(event, DataReceived):
                    body += event.data
                elif isinstance(event, StreamEnded):
                    ended = True
            writer.write(connection.data_to_send())
    writer.close()
    return Answer(int(headers[":status"]), headers, body)


@asynccontextmanager
async def captured(proxy: str, dialled: tuple[str, int], door: str) -> AsyncIterator[str]:
    """An address whose connections go to the proxy as if they had been captured."""

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await dial(proxy, dialled)
        await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))

    async with await asyncio.start_server(enter, door, 15999):
        yield f"{door}:15999"


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except ConnectionError:
        pass
    writer.close()
