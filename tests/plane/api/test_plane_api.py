"""The control plane's HTTP API on its socket, asked by its own client."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from gossamer.explain.permission.shapes import CanShape, SegmentsShape
from gossamer.explain.promises.shapes import Proofs
from gossamer.explain.report.shapes import ExplanationShape
from gossamer.plane.access.writer import Writer
from gossamer.plane.api.answers import (
    Applied,
    PlaneStatus,
    PolicyReport,
    ProxyResources,
    RulesPlaces,
    Status,
    Traffic,
)
from gossamer.plane.api.application import application
from gossamer.plane.api.bans import BanBody, BannedShape, BansShape, LiftBody
from gossamer.plane.api.description import describe
from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.api.identity import IdentityStatus, RotateBody
from gossamer.plane.api.mtls_answers import MtlsEvidence, ObservedWindow
from gossamer.plane.api.routes import ROUTES
from gossamer.plane.api.server import SocketProblem, bind_private, serving
from gossamer.plane.api.shapes import (
    NO_PODS,
    CallBody,
    CanBody,
    Deleted,
    Documents,
    Findings,
    FindingShape,
    Health,
    ObjectName,
    ObservationBody,
    PodsBySource,
    RulesBody,
    SegmentsBody,
    Services,
)
from gossamer.plane.client import PlaneClient, PlaneRefused, PlaneUnreachable
from gossamer.plane.revisions import Topic
from gossamer.process.log_format import TextFormat
from gossamer.process.shape import as_words
from gossamer.store.document import DocumentKey
from gossamer.store.failure import Conflict, StoreUnavailable
from gossamer.store.paths import File
from tests.plane.access.doors import OPEN

T = TypeVar("T")

FINDING = FindingShape(
    severity="error",
    code="invalid-yaml",
    object="Document #1",
    file="bad.yaml",
    line=1,
    field="",
    message="no YAML",
    effect="ignored",
    remedy="fix it",
)


STANDING = IdentityStatus(
    trust_domain="cluster.local",
    phase="done",
    generation=0,
    began=None,
    since=None,
    certificates=[],
    waiting=[],
    waits_until=None,
    left_behind=[],
    next_renewal=None,
    warnings=[],
)


class _Plane:
    """A plane that remembers what it was asked and answers what a test told it to."""

    def __init__(self) -> None:
        self.files: list[File] = []
        self.seen: dict[str, ObservationBody] = {}
        self.failure: Exception | None = None
        self.revision_now = 1
        self.news = asyncio.Event()
        self.waiting = asyncio.Event()

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    async def apply(self, files: Sequence[File], writer: Writer) -> Applied:
        self._fail()
        self.files.extend(files)
        if any(file.name == "bad.yaml" for file in files):
            return Applied(applied=[], revision=1, findings=[FINDING])
        action = {"object": "Service default/a", "action": "created"}
        return Applied(applied=[action], revision=2, findings=[])  # type: ignore[list-item]

    async def preview(
        self,
        files: Sequence[File],
        writer: Writer,
        supposed: PodsBySource = NO_PODS,
        promises: Sequence[str] = (),
    ) -> Applied:
        self.supposed = supposed
        return Applied(applied=[], revision=1, findings=[])

    async def delete(
        self, files: Sequence[File], objects: Sequence[ObjectName], writer: Writer
    ) -> Deleted:
        named = [f"{o.kind} {o.namespace}/{o.name}" for o in objects]
        return Deleted(deleted=[*(file.name for file in files), *named], revision=3)

    def documents(
        self, kinds: frozenset[str] | None, namespace: str | None, name: str | None
    ) -> Documents:
        body = {"kind": ",".join(sorted(kinds or ())), "namespace": namespace, "name": name}
        return Documents(self.revision_now, [body])  # type: ignore[list-item]

    async def documents_changed(self, since: int, kinds: frozenset[str] | None) -> None:
        self.waiting.set()
        while self.revision_now == since:
            await self.news.wait()

    async def observe(self, source: str, observation: ObservationBody) -> None:
        self.seen[source] = observation

    def services(self) -> Services:
        return Services(self.revision_now, [])

    def revision(self, topic: Topic) -> int:
        return self.revision_now

    async def changed(self, topic: Topic, since: int) -> None:
        await self.documents_changed(since, None)

    def status(self) -> Status:
        self._fail()
        return Status(PlaneStatus(7, "1", 2, 3, 4, {}), [])

    def findings(self) -> Findings:
        return Findings([FINDING])

    def identity(self) -> IdentityStatus:
        return STANDING

    def rotate(self, body: RotateBody) -> IdentityStatus:
        raise RequestRefused(409, f"a rotation is under way ({body.source})")

    def traffic(self) -> Traffic:
        return Traffic(True, [])

    async def mtls(self) -> MtlsEvidence:
        return MtlsEvidence(True, ObservedWindow("", "", 0.0), [], [], [])

    async def policy_report(self, namespace: str, since: str) -> PolicyReport:
        sentences = [f"{namespace} since {since}"]
        return PolicyReport(True, ObservedWindow("", "", 0.0), [], [], [], sentences)

    def proxy(self, namespace: str, pod: str) -> ProxyResources:
        raise RequestRefused(404, f"Pod {namespace}/{pod} is not known")

    async def explain(self, call: CallBody) -> ExplanationShape:
        raise RequestRefused(400, f"{call.source} is not a known source")

    async def ban(self, body: BanBody) -> BannedShape:
        return BannedShape(body.subject, "now", body.until or None, 2, 1, True)

    async def lift(self, body: LiftBody) -> BansShape:
        raise RequestRefused(404, f"{body.subject} is not banned")

    def bans(self) -> BansShape:
        return BansShape(self.revision_now, [], 0, False, [])

    async def can(self, asked: CanBody) -> CanShape:
        raise RequestRefused(400, f"{asked.source} is not a known source")

    async def segments(self, asked: SegmentsBody) -> SegmentsShape:
        return SegmentsShape([])

    async def rules(self, asked: RulesBody) -> RulesPlaces:
        return RulesPlaces([])

    async def prove(self, promises: Sequence[str]) -> Proofs:
        return Proofs([])

    def metrics(self) -> str:
        return "gossamer_plane_documents 3\n"

    def health(self) -> Health:
        return Health("unavailable", "full disk") if self.failure else Health("ok")


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[_Plane]:
    fake = _Plane()
    async with serving(application(fake, "1.2.3", OPEN), tmp_path / "p.sock"):
        yield fake


@pytest.fixture
def client(plane: _Plane, tmp_path: Path) -> PlaneClient:
    return PlaneClient(tmp_path / "p.sock", "shop", patience=20)


async def _ask(question: Callable[..., T], *args: Any, **names: Any) -> T:
    return await asyncio.to_thread(question, *args, **names)


async def test_apply_carries_the_very_bytes(plane: _Plane, client: PlaneClient) -> None:
    """Files that are no UTF-8 reach the plane as they are, so that it can say so."""
    applied = await _ask(client.apply, [("a.yaml", "é: 1\n".encode()), ("b.yaml", b"\xff\xfe\0")])
    assert applied["applied"] == [{"object": "Service default/a", "action": "created"}]
    assert plane.files == [File("a.yaml", "é: 1\n".encode()), File("b.yaml", b"\xff\xfe\0")]


async def test_nothing_readable_is_refused_with_its_findings(client: PlaneClient) -> None:
    """422, and the author gets the reasons."""
    with pytest.raises(PlaneRefused, match="nothing was applied") as refused:
        await _ask(client.apply, [("bad.yaml", b"[")])
    assert (refused.value.status, refused.value.findings) == (422, (as_words(FINDING),))


async def test_a_preview_stores_nothing(plane: _Plane, client: PlaneClient) -> None:
    """dry_run=1 asks the other method of the plane."""
    assert (await _ask(client.preview, [("a.yaml", b"")]))["applied"] == []
    assert plane.files == []


async def test_delete_takes_files_and_names(client: PlaneClient) -> None:
    """Both ways of naming objects come through."""
    objects = [{"kind": "Service", "namespace": "shop", "name": "a"}]
    deleted = await _ask(client.delete, [("a.yaml", b"")], objects)
    assert deleted["deleted"] == ["a.yaml", "Service shop/a"]


async def test_queries_reach_the_plane(client: PlaneClient) -> None:
    """Documents are asked for by kind, namespace and name; what is not named is any."""
    found = await _ask(client.documents, kind="Service", name="a b&c")
    expected = {"kind": "Service", "namespace": None, "name": "a b&c"}
    assert [dict(each) for each in found["documents"]] == [expected]


@pytest.mark.parametrize("route", ["documents", "services"])
async def test_a_long_poll_answers_when_there_is_news(
    plane: _Plane, client: PlaneClient, route: str
) -> None:
    """It waits while nothing changes and answers at once when something does."""
    answer = asyncio.ensure_future(_ask(getattr(client, route), since=1, wait=20))
    await asyncio.wait_for(plane.waiting.wait(), 10)
    assert not answer.done()
    plane.revision_now = 2
    plane.news.set()
    assert (await asyncio.wait_for(answer, 10))["revision"] == 2


async def test_a_long_poll_answers_at_once_when_it_is_behind(client: PlaneClient) -> None:
    """A revision other than the plane's is answered without waiting, older or newer."""
    for since in (0, 5):
        assert (await _ask(client.services, since=since, wait=20))["revision"] == 1


async def test_a_long_poll_ends_when_its_wait_is_over(client: PlaneClient) -> None:
    """No news is an answer too."""
    assert (await _ask(client.services, since=1, wait=0.01))["revision"] == 1


async def test_observations_replace_a_source(plane: _Plane, client: PlaneClient) -> None:
    """The source's name may hold anything; the pods arrive as they were sent."""
    pods: Any = [{"namespace": "default", "name": "a", "workload": "a-v1", "ip": ["10.244.0.2"]}]
    await _ask(client.observe, "lab one", pods, 15)
    assert plane.seen == {
        "lab one": msgspec.convert({"pods": pods, "lease_s": 15}, ObservationBody)
    }


async def test_the_readings_come_through(client: PlaneClient) -> None:
    """Status, findings, traffic and health answer what the plane says."""
    assert (await _ask(client.status))["plane"]["pid"] == 7
    assert (await _ask(client.findings))["findings"] == [as_words(FINDING)]
    assert await _ask(client.traffic) == {"known": True, "edges": []}
    assert await _ask(client.health) == {"status": "ok"}


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (StoreUnavailable("The store is full"), 503),
        (Conflict(DocumentKey("Service", "default", "a"), 1, 2), 409),
        (RequestRefused(418, "no tea"), 418),
        (ZeroDivisionError("oops"), 500),
    ],
)
async def test_failures_are_told_in_words(
    plane: _Plane, client: PlaneClient, failure: Exception, status: int
) -> None:
    """Each kind of failure has its status, and the plane answers the next call."""
    plane.failure = failure
    with pytest.raises(PlaneRefused) as refused:
        await _ask(client.apply, [("a.yaml", b"")])
    assert refused.value.status == status
    assert str(failure) in str(refused.value)
    plane.failure = None
    assert await _ask(client.health) == {"status": "ok"}


async def test_an_unknown_pod_is_404(client: PlaneClient) -> None:
    """The plane's own refusals keep their status and words."""
    with pytest.raises(PlaneRefused, match="Pod default/x is not known"):
        await _ask(client.proxy, "default", "x")


async def _raw(path: Path, text: bytes) -> tuple[int, Any]:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(text)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def _post(path: str, body: bytes, method: str = "POST") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("request_bytes", "status", "words"),
    [
        (_post("/v1/apply", b"{"), 400, "body is not as described"),
        (_post("/v1/apply", b'{"files": 5}'), 400, "$.files"),
        (_post("/v1/apply", b'{"files": [{"file": "a"}]}'), 400, "no text"),
        (_post("/v1/apply", b"[" * 100_000), 400, "body is not as described"),
        (_post("/v1/observations/x", b'{"pods": [{"name": 5}]}', "PUT"), 400, "$.pods[0]"),
        (_post("/v1/services?since=x&wait=1", b"", "GET"), 400, "since=x"),
        (_post("/v1/services?since=1&wait=nan", b"", "GET"), 400, "wait=nan"),
        (_post("/v1/nothing", b"", "GET"), 404, "no such route"),
        (_post("/v1/apply", b"", "GET"), 405, "does not take that method"),
    ],
)
async def test_wrong_requests_are_refused_with_the_reason(
    plane: _Plane, tmp_path: Path, request_bytes: bytes, status: int, words: str
) -> None:
    """Every refusal is JSON that says what is wrong."""
    found, body = await _raw(tmp_path / "p.sock", request_bytes)
    assert found == status
    assert words in body["error"]


async def test_bodies_are_capped(
    plane: _Plane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller cannot fill the plane's memory."""
    monkeypatch.setattr("gossamer.plane.api.requests.BODY_BYTES", 10)
    status, body = await _raw(tmp_path / "p.sock", _post("/v1/apply", b"x" * 11))
    assert (status, "over 10 bytes" in body["error"]) == (413, True)


def test_no_plane_is_said_with_the_lab_and_the_remedy(tmp_path: Path) -> None:
    """Who asks a plane that is not there learns which, why, and how to start it."""
    with pytest.raises(PlaneUnreachable) as silence:
        PlaneClient(tmp_path / "p.sock", "shop").status()
    assert "lab shop is not answering" in str(silence.value)
    assert "there is no such socket" in str(silence.value)
    assert "gossamer plane start" in str(silence.value)


async def test_the_socket_is_private_and_goes_away(tmp_path: Path) -> None:
    """Mode 0600 while it serves; nothing is left afterwards."""
    path = tmp_path / "p.sock"
    async with serving(application(_Plane(), "1", OPEN), path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(SocketProblem, match="Another control plane answers"):
            async with serving(application(_Plane(), "1", OPEN), path):
                pass
        assert path.exists()
    assert list(tmp_path.iterdir()) == []


async def test_a_dead_planes_socket_is_replaced(tmp_path: Path) -> None:
    """After a SIGKILL the next plane takes the path over."""
    path = tmp_path / "p.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with serving(application(_Plane(), "1", OPEN), path):
        assert await _ask(PlaneClient(path).health) == {"status": "ok"}


async def test_other_users_are_hung_up_on(
    plane: _Plane,
    client: PlaneClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A peer of another uid gets no answer, whatever the socket's mode; the log says which uid."""
    uid = os.geteuid() + 12345
    caplog.handler.setFormatter(TextFormat())
    monkeypatch.setattr("gossamer.plane.api.server.peer_uid", lambda _: uid)
    with pytest.raises(PlaneUnreachable):
        await _ask(client.health)
    assert f"api-caller-refused uid={uid}\n" in caplog.text
    monkeypatch.undo()
    assert await _ask(client.health) == {"status": "ok"}


def test_a_socket_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """The kernel's limit is named, with the way around it."""
    with pytest.raises(SocketProblem, match="GOSSAMER_HOME"):
        bind_private(tmp_path / ("x" * 120))


async def test_every_route_is_described(plane: _Plane, tmp_path: Path) -> None:
    """The served description has every route, and every reference in it leads somewhere."""
    _, served = await _raw(tmp_path / "p.sock", _post("/v1/openapi.json", b"", "GET"))
    assert served == json.loads(json.dumps(describe("1.2.3")))
    assert {(r.path, r.method.lower()) for r in ROUTES} == {
        (path, method) for path, methods in served["paths"].items() for method in methods
    }
    schemas = served["components"]["schemas"]
    for name in _references(served):
        assert name in schemas


def test_every_answer_has_a_described_shape() -> None:
    """No route answers, or takes, an object that the description says nothing about."""
    described = describe("1")
    for route in ROUTES:
        content = described["paths"][route.path][route.method.lower()]["responses"]["200"]
        (answer,) = content["content"].values()
        assert answer["schema"] != {"type": "object"}, route.path
    loose = {
        f"{name}.{field}"
        for name, schema in described["components"]["schemas"].items()
        for field, held in schema.get("properties", {}).items()
        if held in ({"type": "object"}, {"type": "array", "items": {"type": "object"}}, {})
    }
    assert loose == {"DocumentShape.body"}, "only an object's body is its author's"


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"].rpartition("/")[2]} if "$ref" in value else set()
        return own.union(*map(_references, value.values()))
    return set().union(*map(_references, value)) if isinstance(value, list) else set()


async def test_metrics_are_text_for_prometheus(plane: _Plane, client: PlaneClient) -> None:
    """The plane's own numbers are served as text, and described as such."""
    assert await _ask(client.metrics) == "gossamer_plane_documents 3\n"
    described = describe("1")["paths"]["/v1/metrics"]["get"]["responses"]["200"]
    assert list(described["content"]) == ["text/plain"]
