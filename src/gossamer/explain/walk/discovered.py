"""What discovered filters do to a call: their configurations are resources of their own.

A chain only names such a filter; what it does is read from the resource that Envoy gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.http.set_metadata.v3 import set_metadata_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)
from envoy.extensions.filters.network.set_filter_state.v3 import set_filter_state_pb2
from google.protobuf.message import Message

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.contract.extension_names import ExtensionName, Layer, ReporterSide, parse_extension
from gossamer.contract.type_urls import type_url
from gossamer.explain.places import field_place
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.report.steps import Steps
from gossamer.model.policies.workload.access_log import AccessLogging

_NO_LINE, _LINE = "no line of the call is written", "a line of the call is written"


def _of_requests(config: Any) -> str:
    return _NO_LINE if config.metadata else _LINE


def _of_connections(config: Any) -> str:
    return _NO_LINE if config.on_new_connection else _LINE


_WHERE = {
    ReporterSide.CLIENT: "by the proxy that sends it on",
    ReporterSide.SERVER: "by the proxy that it arrives at",
}
Explainer = Callable[[Any], str]
_EXPLAINERS: Mapping[str, tuple[type[Message], Explainer]] = {
    type_url(kind.DESCRIPTOR.full_name): (kind, explainer)
    for kind, explainer in (
        (set_metadata_pb2.Config, _of_requests),
        (set_filter_state_pb2.Config, _of_connections),
    )
}
_FIELDS: Mapping[str, tuple[str, ...]] = {AccessLogging.WORD: ("spec.accessLogging", "data.mesh")}


def tell_discovered(
    config: ProxyConfig,
    filters: Iterable[Filter | http_connection_manager_pb2.HttpFilter],
    steps: Steps,
) -> None:
    """Of each discovered filter in a chain what it does, where some object decided that."""
    for each in filters:
        name = parse_extension(each.name) if each.HasField("config_discovery") else None
        if name is not None and name.word in _FIELDS:
            _tell(config, name, steps)


def tell_arrival_log(config: ProxyConfig, steps: Steps) -> None:
    """Of the proxy that a call arrives at, whether its log has a line of it."""
    name = ExtensionName(ReporterSide.SERVER, AccessLogging.WORD, Layer.HTTP)
    _tell(config, name, steps)


def _tell(config: ProxyConfig, name: ExtensionName, steps: Steps) -> None:
    extension = config.extension(str(name))
    because = config.because(ResourceType.EXTENSION, str(name))
    if extension is None or not because or extension.typed_config.type_url not in _EXPLAINERS:
        return
    kind, explainer = _EXPLAINERS[extension.typed_config.type_url]
    place = field_place(config.mesh, because[0], *_FIELDS.get(name.word, ()))
    says = f"{explainer(kind.FromString(extension.typed_config.value))} {_WHERE[name.reporter]}"
    if all(each.says != says for each in steps.policies):  # the same at each pod of a workload
        steps.hop(name.word.replace("_", " "), says, place)
    steps.applied(name.word, says, place)
