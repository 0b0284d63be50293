"""The step at which a proxy checks the tokens of a call: at a gateway, or where it arrives."""

from __future__ import annotations

from collections.abc import Iterable

from envoy.extensions.filters.http.jwt_authn.v3.config_pb2 import JwtAuthentication
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.contract.extension_names import ExtensionName, Layer, ReporterSide, parse_extension
from gossamer.explain.places import field_place
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.report.shapes import BackendShape
from gossamer.explain.report.steps import Steps
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.tokens.judge import TokenJudgement, judge_tokens
from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.model.origin import Origin
from gossamer.model.policies.workload.jwt import Jwt
from gossamer.model.workload.pod import ProxyRole

_ARRIVING = ExtensionName(ReporterSide.SERVER, Jwt.WORD, Layer.HTTP)


def tokens_at_gateway(
    config: ProxyConfig,
    filters: Iterable[http_connection_manager_pb2.HttpFilter],
    request: ExplainedRequest,
    steps: Steps,
) -> TokenJudgement:
    """What a gateway's filter makes of a request's tokens; all pass where it has none."""
    for each in filters:
        name = parse_extension(each.name) if each.HasField("config_discovery") else None
        if name is not None and name.word == Jwt.WORD:
            return _checked(config, name, request, steps)
    return TokenJudgement(request)


def tokens_at_arrival(
    mesh: Mesh, backends: Iterable[BackendShape], request: ExplainedRequest, steps: Steps
) -> TokenJudgement:
    """What the proxies behind a cluster make of them: refused if each of them refuses."""
    judgement = TokenJudgement(request)
    pods = (mesh.lookup(tables.PODS, backend.pod) for backend in backends if not backend.refusal)
    for pod in pods:
        judgement = TokenJudgement(request)
        if pod is not None and pod.role is ProxyRole.SIDECAR:
            judgement = _checked(ProxyConfig(mesh, pod), _ARRIVING, request, steps)
        if judgement.status is None:
            break
    return judgement


def _checked(
    config: ProxyConfig, name: ExtensionName, request: ExplainedRequest, steps: Steps
) -> TokenJudgement:
    extension = config.extension(str(name))
    if extension is None:
        return TokenJudgement(request)
    rules = JwtAuthentication.FromString(extension.typed_config.value)
    judgement = judge_tokens(rules, request)
    if not rules.rules:
        return judgement
    place = _place(config, name, judgement.provider)
    says = judgement.says or "the request has no token, and passes without a principal"
    if all(each.says != says for each in steps.policies):  # the same at each pod of a workload
        steps.hop("token", says, place)
    steps.applied(Jwt.WORD, says, place)
    return judgement


def _place(config: ProxyConfig, name: ExtensionName, provider: str) -> Origin | None:
    """The rule behind a provider's name, `NS/OBJECT/INDEX`; else the first object that rules."""
    because = config.because(ResourceType.EXTENSION, str(name))
    owner, _, index = provider.rpartition("/")
    for ref in because:
        if f"{ref.namespace}/{ref.name}" == owner and ref.kind == "RequestAuthentication":
            return field_place(config.mesh, ref, f"spec.jwtRules[{index}]")
    return field_place(config.mesh, because[0]) if because else None
