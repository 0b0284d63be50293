"""Calls of a case made to a real Envoy: one connection for calls that can share it."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Iterable
from typing import Any

from google.protobuf.struct_pb2 import Value

from tests.authorization_semantics.authority import Authority
from tests.authorization_semantics.drawn_cases import Case
from tests.authorization_semantics.one_envoy import TOKEN_HEADER, port_of
from tests.authorization_semantics.semantics import Call, Token

AT_ONCE = 24
WORD = b"hello"


async def answers(address: str, cases: Iterable[Case], authority: Authority) -> list[list[bool]]:
    """For each call of each case whether Envoy lets it through."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, case: Case) -> list[bool]:
        async with slots:
            return await _case(address, number, case, authority)

    return await asyncio.gather(*(one(number, case) for number, case in enumerate(cases)))


async def _case(address: str, number: int, case: Case, authority: Authority) -> list[bool]:
    told: dict[int, bool] = {}
    groups: dict[Any, list[int]] = {}
    for at, call in enumerate(case.calls):
        alone = None if call.http else at
        where = (call.account, call.direct_ip, call.destination_ip, call.port, call.sni)
        groups.setdefault((*where, call.http, call.remote_ip, alone), []).append(at)
    for places in groups.values():
        first = case.calls[places[0]]
        reader, writer = await _connected(address, port_of(number, first.http), first, authority)
        try:
            for at in places:
                ask = _request if first.http else _bytes
                told[at] = await ask(reader, writer, case.calls[at])
        finally:
            writer.close()
    return [told[at] for at in range(len(case.calls))]


async def _connected(
    address: str, port: int, call: Call, authority: Authority
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection from the direct address, behind a PROXY line, with the account's certificate."""
    loop = asyncio.get_running_loop()
    plain = socket.socket()
    plain.setblocking(False)
    plain.bind((call.direct_ip, 0))
    await loop.sock_connect(plain, (address, port))
    line = f"PROXY TCP4 {call.remote_ip} {call.destination_ip} 40000 {call.port}\r\n"
    await loop.sock_sendall(plain, line.encode())
    context = authority.contexts[call.account] if call.account else None
    name = call.sni if call.account else None
    return await asyncio.open_connection(sock=plain, ssl=context, server_hostname=name)


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, call: Call) -> bool:
    headers = [("host", call.host), ("x-forwarded-for", call.remote_ip), *call.headers]
    if call.token is not None:
        headers.append((TOKEN_HEADER, _payload(call.token)))
    lines = [f"{call.method} {call.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers)]
    writer.write("\r\n".join((*lines, "content-length: 0", "", "")).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    status = int(head.split(" ", 2)[1])
    length = next(each for each in head.split("\r\n") if each.startswith("content-length:"))
    await reader.readexactly(int(length.partition(":")[2]))
    assert status in (200, 403), (status, call)
    return status == 200


def _payload(token: Token) -> str:
    value = Value()
    value.struct_value.update({"iss": token.issuer, "sub": token.subject, **token.claims})
    return base64.b64encode(value.SerializeToString()).decode()


async def _bytes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, call: Call) -> bool:
    writer.write(WORD)
    try:
        return await reader.read(len(WORD)) == WORD
    except ConnectionResetError:
        return False
