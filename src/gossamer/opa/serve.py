"""Envoy's questions, answered: `envoy.service.auth.v3.Authorization` on a Unix socket.

Whatever goes wrong denies with 403, and says why in the log and to nobody else.
Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/auth/v3/external_auth.proto
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse

from gossamer.contract.stream_metadata import POLICY_KEY, QUERY_KEY
from gossamer.opa.decision_log import DecisionLog
from gossamer.opa.engine import RegoFailed
from gossamer.opa.policies import RegoPolicies
from gossamer.opa.question import input_of
from gossamer.opa.verdict import Headers, RegoVerdict, verdict_of
from gossamer.process.event_log import EventLog

SERVICE = "envoy.service.auth.v3.Authorization"
_OK, _PERMISSION_DENIED = 0, 7

log = EventLog("gossamer.opa")


class Decider:
    """Answers checks out of the policies of now."""

    def __init__(self, policies: RegoPolicies, decisions: DecisionLog) -> None:
        self._policies = policies
        self._decisions = decisions

    async def check(self, request: CheckRequest, context: Any) -> CheckResponse:
        """One call; what it is asked by is in the metadata that the proxy sets."""
        metadata = {key: str(value) for key, value in context.invocation_metadata() or ()}
        name, query = metadata.get(POLICY_KEY, ""), metadata.get(QUERY_KEY, "")
        verdict = self._verdict(name, query, request)
        self._log(name, query, request, verdict)
        return response_of(verdict)

    def _verdict(self, name: str, query: str, request: CheckRequest) -> RegoVerdict:
        engine = self._policies.engine(name)
        if engine is None:
            return RegoVerdict(
                False, reason=f"there is no policy {name}: {self._policies.why(name)}"
            )
        try:
            return verdict_of(engine.ask(query, input_of(request)))
        except RegoFailed as error:
            return RegoVerdict(False, reason=f"{query} cannot be evaluated: {error}")

    def _log(self, name: str, query: str, request: CheckRequest, verdict: RegoVerdict) -> None:
        try:
            self._decisions.write(name, query, request, verdict)
        except OSError as error:
            log.warning("decision-not-logged", policy=name, reason=str(error))


def response_of(verdict: RegoVerdict) -> CheckResponse:
    """The verdict as Envoy reads it."""
    response = CheckResponse()
    if verdict.allowed:
        response.status.code = _OK
        response.ok_response.headers.extend(_options(verdict.headers))
        response.ok_response.headers_to_remove.extend(verdict.removed)
        response.ok_response.response_headers_to_add.extend(_options(verdict.response_headers))
        return response
    response.status.code = _PERMISSION_DENIED
    response.denied_response.status.code = verdict.status  # type: ignore[assignment]
    response.denied_response.headers.extend(_options(verdict.headers))
    response.denied_response.body = verdict.body
    return response


def _options(headers: Headers) -> list[HeaderValueOption]:
    return [HeaderValueOption(header=HeaderValue(key=key, value=value)) for key, value in headers]


async def listen(decider: Decider, path: Path) -> grpc.aio.Server:
    """A server on the socket, which is its owner's alone."""
    server = grpc.aio.server()
    check = grpc.unary_unary_rpc_method_handler(
        decider.check,
        request_deserializer=CheckRequest.FromString,
        response_serializer=CheckResponse.SerializeToString,
    )
    handlers = grpc.method_handlers_generic_handler(SERVICE, {"Check": check})
    server.add_generic_rpc_handlers((handlers,))
    path.unlink(missing_ok=True)
    server.add_insecure_port(f"unix:{path}")
    await server.start()
    path.chmod(0o600)  # the folder is its owner's alone
    return server
