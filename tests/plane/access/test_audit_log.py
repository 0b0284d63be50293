"""The audit log: every change and every refusal, by whom, and no secret among the fields."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gossamer.plane.access import audit
from gossamer.plane.client import PlaneRefused
from gossamer.store.failure import StoreUnavailable
from tests.plane.access.two_tenants import PLAIN, SECRET, Tenants, ask, two_tenants

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: new, namespace: team-a}\nspec: %s\n"


@pytest.fixture
async def tenants(tmp_path: Path) -> AsyncIterator[Tenants]:
    async with two_tenants(tmp_path) as both:
        yield both


async def entries(tenants: Tenants, last: int) -> list[Any]:
    """The last ones."""
    return list((await ask(tenants.client().audit, last))["entries"])


async def test_each_change_is_a_line_with_its_fields(tenants: Tenants) -> None:
    """Created, changed, deleted; applied again without a difference leaves none."""
    client = await tenants.as_("editor", "team-a")
    for spec in ("{ports: [{port: 80}]}", "{ports: [{port: 81}]}", "{ports: [{port: 81}]}"):
        await ask(client.apply, [("s.yaml", (SERVICE % spec).encode())])
    named = {"kind": "Service", "namespace": "team-a", "name": "new"}
    await ask(client.delete, objects=[named])
    created, updated, deleted = await entries(tenants, 3)
    who = {(e["actor"], e["object"], e["outcome"]) for e in (created, updated, deleted)}
    assert who == {("token:editor-team-a", "Service team-a/new", "done")}
    assert [e["verb"] for e in (created, updated, deleted)] == ["create", "update", "delete"]
    assert updated["changes"] == [
        {"field": "spec.ports[0].port", "before": "80", "after": "81"},
    ]
    assert {"field": "spec.ports[0].port", "before": "81", "after": None} in deleted["changes"]


async def test_a_refusal_is_a_line_with_its_reason(tenants: Tenants) -> None:
    """It names the objects; nothing of them was stored."""
    client = await tenants.as_("editor", "team-b")
    with pytest.raises(PlaneRefused):
        await ask(client.apply, [("s.yaml", (SERVICE % "{}").encode())])
    (last,) = await entries(tenants, 1)
    assert (last["actor"], last["verb"]) == ("token:editor-team-b", "POST /v1/apply")
    assert (last["object"], last["outcome"]) == ("Service team-a/new", "refused")
    assert "another namespace, team-a" in last["reason"]
    assert (await ask(tenants.client().documents, None, "team-a", "new"))["documents"] == []


async def test_who_is_unknown_is_a_line_too(tenants: Tenants) -> None:
    """By the uid of the process that called; the token they tried is not written down."""
    with pytest.raises(PlaneRefused):
        await ask(tenants.client("gossamer_guess_work").status)
    (last,) = await entries(tenants, 1)
    assert last["actor"].startswith("uid:")
    assert "guess" not in json.dumps(last)


async def test_no_secret_is_in_it(tenants: Tenants) -> None:
    """Made, changed or deleted: that a value changed is told, and neither the old nor the new."""
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: team-a, annotations: "
        "{kubectl.kubernetes.io/last-applied-configuration: 'c2Vjb25kIHZhbHVl'}}\n"
        "data: {password: c2Vjb25kIHZhbHVl}\nstringData: {more: plaintext}\n"
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: team-a}\n"
        "spec: {containers: [{name: c, image: x, env: [{name: KEY, value: env-secret}]}]}\n"
    )
    client = await tenants.as_("editor", "team-a")
    await ask(client.apply, [("k.yaml", text.encode())])
    await ask(client.delete, [("k.yaml", text.encode())])
    log = (tenants.folder / audit.AUDIT_LOG).read_text()
    for value in (SECRET, PLAIN, "c2Vjb25kIHZhbHVl", "plaintext", "env-secret"):
        assert value not in log
    assert '"field":"data.password","before":"***","after":"***"' in log


async def test_no_change_without_a_line(tenants: Tenants, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the log cannot be written, nothing is stored, and the author is told why."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    assert tenants.door.audit is not None
    with monkeypatch.context() as disk:
        disk.setattr(tenants.door.audit._log, "append", full)
        with pytest.raises(PlaneRefused, match="cannot be written") as refused:
            await ask(tenants.client().apply, [("s.yaml", (SERVICE % "{}").encode())])
    assert refused.value.status == 503
    assert (await ask(tenants.client().documents, None, "team-a", "new"))["documents"] == []


async def test_a_store_that_fails_is_a_line_of_its_own(
    tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was about to be done was not."""

    async def away(_: object) -> None:
        raise StoreUnavailable("the store is away")

    with monkeypatch.context() as failing:
        failing.setattr(tenants.plane.documents_store, "write", away)
        with pytest.raises(PlaneRefused, match="the store is away"):
            await ask(tenants.client().apply, [("s.yaml", (SERVICE % "{}").encode())])
    assert [e["outcome"] for e in await entries(tenants, 2)] == ["done", "failed"]


async def test_a_flood_of_refusals_is_counted(
    tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tenant who is refused without end does not fill the disk; the next minute says how often
    it was, and others' lines are written as ever."""
    log = tenants.door.audit
    assert log is not None
    times = [60_000.0]
    monkeypatch.setattr(log, "_clock", lambda: times[0])
    for _ in range(audit.REFUSALS_A_MINUTE + 5):
        await log.refused("token:x", "GET /v1/audit", "no")
    await log.refused("token:y", "GET /v1/audit", "no")
    lines = (await log.read(0)).lines
    times[0] += 60
    await log.refused("token:x", "GET /v1/audit", "no")
    x, y = await entries(tenants, 1), await entries(tenants, 2)
    assert (x[0]["actor"], x[0]["untold"]) == ("token:x", 5)
    assert y[0]["actor"] == "token:y"
    assert (await log.read(0)).lines == lines + 1


async def test_a_forged_log_is_told(tenants: Tenants) -> None:
    """`gossamer audit` and `check` name the line."""
    path = tenants.folder / audit.AUDIT_LOG
    assert (await ask(tenants.client().audit, 0))["broken_line"] is None
    path.write_bytes(path.read_bytes().replace(b"team-a/web", b"team-b/web", 1))
    answer = await ask(tenants.client().audit, 0)
    assert answer["broken_line"] is not None
    assert answer["reason"] == "is not what was written there"


async def test_no_name_begins_a_line_in_it(tenants: Tenants) -> None:
    """What callers choose, paths and kinds and names, is escaped: each entry is one line."""
    before = (await ask(tenants.client().audit, 0))["lines"]
    client = await tenants.as_("viewer", "team-a")
    pod = 'x\n{"n":1}\r\x1b[2K\u2028'
    with pytest.raises(PlaneRefused):
        await ask(client.proxy, "team-b", pod)
    answer = await ask(tenants.client().audit, 1)
    assert answer["lines"] == before + 2  # the token, and the refusal
    raw = (tenants.folder / audit.AUDIT_LOG).read_bytes()
    assert raw.count(b"\n") == answer["lines"]
    assert not set(raw) & {0x0D, 0x1B}
