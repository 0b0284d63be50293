"""Names from the plane to the resolver's table."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

from gossamer.agent.host.dns_records import NamesSession, TableWriter
from gossamer.agent.relay.cache import Cache
from gossamer.contract.type_urls import NAMES
from gossamer.dns.plan import LookupOutcome, decide, read_table
from gossamer.xds.frame import (
    DiscoveryRequest,
    DiscoveryResponse,
    Resource,
    frame_absent,
    frame_resource,
)
from tests.waiting import until

WEB = "web.shop.svc.cluster.local"


def named(host: str, *addresses: str, version: str = "1") -> Resource:
    body = json.dumps({"host": host, "addresses": addresses}).encode()
    return frame_resource(NAMES, host, version, body)


class Sent:
    """The sending side, remembered."""

    def __init__(self) -> None:
        self.requests: list[DiscoveryRequest] = []

    def send(self, requests: Iterable[DiscoveryRequest]) -> None:
        self.requests += requests


def session(folder: Path) -> tuple[NamesSession, Sent]:
    made, sent = NamesSession(lambda: None, Cache(folder / "names.cache")), Sent()
    made.attach(sent)
    return made, sent


def test_the_resolver_reads_what_the_agent_writes(tmp_path: Path) -> None:
    """The table is the resolver's own format, headless services' ports included."""
    made, _ = session(tmp_path)
    body = {
        "host": "db.shop.svc.cluster.local",
        "addresses": ["10.244.0.9", "fd00::9"],
        "services": {"_sql._tcp.db.shop.svc.cluster.local": [{"target": WEB, "port": 5432}]},
    }
    db = frame_resource(NAMES, "db", "1", json.dumps(body).encode())
    alias = frame_resource(NAMES, "old", "1", json.dumps({"host": "old", "cname": WEB}).encode())
    made.received(DiscoveryResponse(NAMES, "1", (named(WEB, "10.96.0.7"), db, alias)))
    table = read_table(made.table())
    assert decide(table, WEB, "A").outcome is LookupOutcome.FOUND
    assert decide(table, "old", "A").chain == (WEB,)
    assert (
        decide(table, "_sql._tcp.db.shop.svc.cluster.local", "SRV").outcome is LookupOutcome.FOUND
    )


def test_names_come_change_and_go(tmp_path: Path) -> None:
    """The newest answer for a name holds; removed and emptied ones are gone."""
    made, sent = session(tmp_path)
    made.received(DiscoveryResponse(NAMES, "1", (named("a", "10.0.0.1"), named("b", "10.0.0.2"))))
    made.received(DiscoveryResponse(NAMES, "2", (named("a", "10.0.0.3", version="2"),), ("b",)))
    assert json.loads(made.table())["names"] == {"a": ["10.0.0.3"]}
    made.received(DiscoveryResponse(NAMES, "3", (frame_absent("a"),)))
    assert json.loads(made.table())["names"] == {}
    assert [(r.nonce, r.error) for r in sent.requests] == [("1", None), ("2", None), ("3", None)]


def test_an_unreadable_name_keeps_its_old_answer(tmp_path: Path) -> None:
    """The plane is told which entry was bad; the others in the same response are taken."""
    made, sent = session(tmp_path)
    made.received(DiscoveryResponse(NAMES, "1", (named("a", "10.0.0.1"),)))
    bad = frame_resource(NAMES, "a", "2", b"not json")
    made.received(DiscoveryResponse(NAMES, "2", (bad, named("c", "10.0.0.4"))))
    assert json.loads(made.table())["names"] == {"a": ["10.0.0.1"], "c": ["10.0.0.4"]}
    assert "a" in (sent.requests[-1].error or "")


def test_a_new_stream_asks_only_for_what_changed(tmp_path: Path) -> None:
    """Reconnecting states what is held, so an unchanged mesh sends nothing."""
    made, _ = session(tmp_path)
    made.received(DiscoveryResponse(NAMES, "1", (named("a", "10.0.0.1", version="7"),)))
    made.lost("the plane went")
    [opening] = made.opening()
    assert (opening.subscribe, dict(opening.initial)) == (("*",), {"a": "7"})
    assert json.loads(made.table())["names"] == {"a": ["10.0.0.1"]}


async def test_writes_come_together(tmp_path: Path) -> None:
    """However often it is stirred, the file gets the newest table, and none twice."""
    path, tables = tmp_path / "names.json", [b"1"]
    read: list[bytes] = []

    def table() -> bytes:
        read.append(tables[-1])
        return tables[-1]

    writer = TableWriter(path, table)
    task = asyncio.create_task(writer.run())
    for number in range(100):
        tables.append(str(number).encode())
        writer.stir()

    async def written() -> bool:
        return path.exists() and path.read_bytes() == b"99"

    await until(written)
    task.cancel()
    assert len(read) <= 2


def test_a_restarted_agent_says_which_names_it_holds(tmp_path: Path) -> None:
    """What came before is on disk: the table is there at once and nothing need come again."""
    made, _ = session(tmp_path)
    made.received(
        DiscoveryResponse(NAMES, "1", (named(WEB, "10.96.0.7"), named("gone", "10.96.0.8")))
    )
    made.received(DiscoveryResponse(NAMES, "2", (named(WEB, "10.96.0.9", version="2"),), ("gone",)))
    again, _ = session(tmp_path)
    assert again.table() == made.table()
    assert [dict(request.initial) for request in again.opening()] == [{WEB: "2"}]
