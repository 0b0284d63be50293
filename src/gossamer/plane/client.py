"""Asking a control plane over its Unix socket: one method a route, standard library only.

Made for commands and for the lab's holder, which start fast and import no gRPC.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast
from urllib.parse import quote, urlencode

Answer: TypeAlias = dict[str, Any]
"""JSON as the plane wrote it, of the shapes in docs/openapi.yaml.

Commands read it so, and print it: decoding it into the types of `api/` would import msgspec, 8 ms
of a command's time, and would lose what a plane of another version says more (decision 36).
"""

PATIENCE = 30.0

TOKEN_VARIABLE = "GOSSAMER_TOKEN"
"""A bearer token for commands, in the environment: an argument would be seen by `ps`."""


class PlaneUnreachable(Exception):
    """No control plane answers. The message says who, what, effect and remedy."""


class PlaneRefused(Exception):
    """The control plane refused: its message, the HTTP status and any findings."""

    def __init__(self, status: int, message: str, findings: Sequence[Answer] = ()) -> None:
        super().__init__(message)
        self.status, self.findings = status, tuple(findings)


class PlaneClient:
    """A control plane at a socket; `lab` is the name its errors call it by.

    With a bearer token it is asked with that token's role, else with that of this process's user.

    Every method raises PlaneUnreachable or PlaneRefused. It keeps no connection between calls,
    so one client may serve several threads and outlives restarts of the plane.
    """

    def __init__(
        self, path: Path, lab: str = "default", patience: float = PATIENCE, token: str = ""
    ) -> None:
        self._path, self._lab, self._patience = path, lab, patience
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def apply(self, files: Iterable[tuple[str, bytes]]) -> Answer:
        """Store every object in the files (name, bytes)."""
        return cast(Answer, self._ask("POST", "/v1/apply", body={"files": _texts(files)}))

    def preview(
        self,
        files: Iterable[tuple[str, bytes]],
        supposed: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        promises: Sequence[str] = (),
    ) -> Answer:
        """What `apply` would do; `supposed` are the pods that a source would see then, `promises`
        what must hold afterwards."""
        body = {
            "files": _texts(files),
            "supposed": supposed or {},
            "promises": list(promises),
        }
        return cast(Answer, self._ask("POST", "/v1/apply", {"dry_run": "1"}, body))

    def delete(
        self, files: Iterable[tuple[str, bytes]] = (), objects: Sequence[Mapping[str, str]] = ()
    ) -> Answer:
        """Remove the objects in the files and those named."""
        body = {"files": _texts(files), "objects": list(objects)}
        return cast(Answer, self._ask("POST", "/v1/delete", body=body))

    def documents(
        self,
        kind: str | None = None,
        namespace: str | None = None,
        name: str | None = None,
        since: int | None = None,
        wait: float = 0,
    ) -> Answer:
        """The declared objects, of one kind or several (`A,B`); with `since`, after waiting up to
        `wait` seconds for news of them.
        """
        query = {"kind": kind, "namespace": namespace, "name": name, **_poll(since, wait)}
        return cast(Answer, self._ask("GET", "/v1/documents", query, wait=wait))

    def observe(self, source: str, pods: Sequence[Answer], lease_s: float = 30) -> None:
        """Replace what a source sees."""
        body = {"pods": list(pods), "lease_s": lease_s}
        self._ask("PUT", f"/v1/observations/{quote(source, safe='')}", body=body)

    def services(self, since: int | None = None, wait: float = 0) -> Answer:
        """Services, addresses and ready endpoints; waits for news like `documents`."""
        return cast(Answer, self._ask("GET", "/v1/services", _poll(since, wait), wait=wait))

    def status(self) -> Answer:
        """The plane and its proxies."""
        return cast(Answer, self._ask("GET", "/v1/status"))

    def findings(self) -> Answer:
        """Findings on the objects in force."""
        return cast(Answer, self._ask("GET", "/v1/findings"))

    def identity(self, since: int | None = None, wait: float = 0) -> Answer:
        """The mesh's own authority; waits for news like `documents`."""
        return cast(Answer, self._ask("GET", "/v1/identity", _poll(since, wait), wait=wait))

    def rotate(self, source: str = "", force: bool = False) -> Answer:
        """Begin a rotation of the root, or force one on."""
        body = {"source": source, "force": force}
        return cast(Answer, self._ask("POST", "/v1/identity/rotation", body=body))

    def traffic(self) -> Answer:
        """The edges as agents reported them."""
        return cast(Answer, self._ask("GET", "/v1/traffic"))

    def mtls(self) -> Answer:
        """Who was seen to call whom with the mesh's TLS, and who without."""
        return cast(Answer, self._ask("GET", "/v1/mtls"))

    def policy_report(self, namespace: str, since: str) -> Answer:
        """What rules of authorization decided, and those of dry runs would have."""
        query = urlencode({"namespace": namespace, "after": since})
        return cast(Answer, self._ask("GET", f"/v1/policies/report?{query}"))

    def proxy(self, namespace: str, pod: str) -> Answer:
        """What is compiled for one proxy."""
        path = f"/v1/proxies/{quote(namespace, safe='')}/{quote(pod, safe='')}"
        return cast(Answer, self._ask("GET", path))

    def explain(
        self,
        source: str,
        url: str,
        method: str = "GET",
        headers: Iterable[tuple[str, str]] = (),
        client: str = "",
    ) -> Answer:
        """What would become of a call; `source` is `NS/POD`, or `outside` for one of `client`."""
        pairs = [list(pair) for pair in headers]
        body = {"source": source, "url": url, "method": method, "headers": pairs, "client": client}
        return cast(Answer, self._ask("POST", "/v1/explain", body=body))

    def ban(self, subject: str, until: str = "") -> Answer:
        """Refuse an identity or a pod (`NS/POD`) from now on."""
        body = {"subject": subject, "until": until}
        return cast(Answer, self._ask("POST", "/v1/bans", body=body))

    def lift(self, subject: str) -> Answer:
        """Refuse it no longer."""
        return cast(Answer, self._ask("POST", "/v1/bans/lift", body={"subject": subject}))

    def bans(self, since: int | None = None, wait: float = 0) -> Answer:
        """Who is refused now; waits for news like `documents`."""
        return cast(Answer, self._ask("GET", "/v1/bans", _poll(since, wait), wait=wait))

    def can(self, question: Mapping[str, Any]) -> Answer:
        """Whether one may call the other; the question is an `CanBody`."""
        return cast(Answer, self._ask("POST", "/v1/can", body=question))

    def segments(self, namespace: str, workloads: bool) -> Answer:
        """Who may call whom, for all pairs of namespaces, or of workloads."""
        body = {"namespace": namespace, "workloads": workloads}
        return cast(Answer, self._ask("POST", "/v1/segments", body=body))

    def rules(self, names: Sequence[str]) -> Answer:
        """Where authorization rules are written that proxies name in their logs."""
        return cast(Answer, self._ask("POST", "/v1/rules", body={"rules": list(names)}))

    def prove(self, promises: Sequence[str]) -> Answer:
        """Whether promises of who may call whom hold."""
        return cast(Answer, self._ask("POST", "/v1/prove", body={"promises": list(promises)}))

    def create_join_token(self, pattern: str, seconds: float) -> Answer:
        """A token by which one identity of the pattern joins, once."""
        body = {"pattern": pattern, "ttl_s": seconds}
        return cast(Answer, self._ask("POST", "/v1/join-tokens", body=body))

    def join(self, csr: str, identity: str, token: str) -> Answer:
        """A first certificate for an identity, by a join token."""
        body = {"csr": csr, "identity": identity, "token": token}
        return cast(Answer, self._ask("POST", "/v1/join", body=body))

    def health(self) -> Answer:
        """Whether changes can be taken; a plane that cannot raises PlaneRefused."""
        return cast(Answer, self._ask("GET", "/v1/healthz"))

    def who(self) -> Answer:
        """Who asks, and their roles."""
        return cast(Answer, self._ask("GET", "/v1/whoami"))

    def create_token(self, body: Mapping[str, Any]) -> Answer:
        """A new bearer token, by the API's TokenBody."""
        return cast(Answer, self._ask("POST", "/v1/tokens", body=dict(body)))

    def tokens(self) -> Answer:
        """All tokens, without their secrets."""
        return cast(Answer, self._ask("GET", "/v1/tokens"))

    def delete_token(self, identifier: str) -> None:
        """End a token."""
        self._ask("DELETE", f"/v1/tokens/{quote(identifier, safe='')}")

    def audit(self, last: int) -> Answer:
        """The last entries of the audit log, and whether it is whole."""
        return cast(Answer, self._ask("GET", "/v1/audit", {"last": str(last)}))

    def metrics(self) -> str:
        """The plane's own numbers as Prometheus text."""
        return cast(str, self._ask("GET", "/v1/metrics"))

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | None] | None = None,
        body: Any = None,
        wait: float = 0,
    ) -> Any:
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"{path}?{urlencode(asked)}" if asked else path
        raw = None if body is None else json.dumps(body).encode()
        status, answer = self._exchange(method, target, raw, self._patience + wait)
        if status >= 400:
            raise PlaneRefused(status, _error(answer, status), answer.get("findings", ()))
        return answer

    def _exchange(
        self, method: str, target: str, raw: bytes | None, patience: float
    ) -> tuple[int, Any]:
        connection = _UnixConnection(self._path, patience)
        try:
            connection.request(method, target, raw, self._headers)
            response = connection.getresponse()
            return response.status, _read(response)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PlaneUnreachable(self._silence(error)) from error
        finally:
            connection.close()

    def _silence(self, error: Exception) -> str:
        return (
            f"The control plane of lab {self._lab} is not answering at {self._path}: "
            f"{_reason(error)}. Changes and queries are unavailable; proxies keep serving. "
            "Start it with `gossamer plane start`, or the lab with `gossamer up PATH...`"
        )


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, patience: float) -> None:
        super().__init__("plane", timeout=patience)
        self._path = path

    def connect(self) -> None:
        """Open the socket in place of a TCP connection."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _read(response: http.client.HTTPResponse) -> Any:
    """The answer: what its JSON says, or its text."""
    raw = response.read()
    content_type = response.headers.get("Content-Type", "")
    return raw.decode() if content_type.startswith("text/plain") else json.loads(raw)


def _poll(since: int | None, wait: float) -> dict[str, str | None]:
    return {} if since is None else {"since": str(since), "wait": str(wait)}


def _texts(files: Iterable[tuple[str, bytes]]) -> list[dict[str, str]]:
    return [_text(name, raw) for name, raw in files]


def _text(name: str, raw: bytes) -> dict[str, str]:
    name = name.encode("utf-8", "backslashreplace").decode()
    try:
        return {"file": name, "text": raw.decode()}
    except UnicodeDecodeError:
        return {"file": name, "base64": base64.b64encode(raw).decode()}


def _error(answer: Any, status: int) -> str:
    if isinstance(answer, dict) and "error" in answer:
        return str(answer["error"])
    return f"The control plane refused with status {status}: {answer}"


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such socket"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
