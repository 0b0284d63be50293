"""What a pod says to the mesh in words that are known and values that are not, or in old words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network

from gossamer.dialects.kubernetes.annotations.misplaced import said_of_pods
from gossamer.manifests.manifest import Manifest, quoted
from gossamer.model.finding import Finding, Severity

INJECT = "sidecar.istio.io/inject"
WORKLOAD_API = "gossamer.dev/workload-api"
_YES, _NO = ("true", "yes", "y", "on"), ("false", "no", "n", "off")
_SWITCH = ("true", "false", "t", "f", "1", "0")
_LEVELS = ("trace", "debug", "info", "warning", "warn", "error", "critical", "off")
_MODES = ("redirect", "tproxy", "none")
_CAPTURE = "traffic.sidecar.istio.io/"
_READY = "readiness.status.sidecar.istio.io/"


def _one_of(*words: str) -> Callable[[str], bool]:
    return lambda text: text.lower() in words


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_port(text: str) -> bool:
    return _is_number(text) and int(text) <= 65535


def _is_range(text: str) -> bool:
    try:
        return bool(ip_network(text, strict=False))
    except ValueError:
        return False


def _listed(each: Callable[[str], bool]) -> Callable[[str], bool]:
    """A list with commas between, which may be empty."""
    return lambda text: all(each(item.strip()) for item in text.split(",") if item.strip())


def _or_all(each: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: text.strip() == "*" or _listed(each)(text)


_PORTS, _RANGES, _ALL = "port numbers with commas between", "ranges such as 10.0.0.0/8", ", or *"
_VALUES: Mapping[str, tuple[Callable[[str], bool], str]] = {
    INJECT: (_one_of("", *_YES, *_NO), '"true" or "false"'),
    "sidecar.istio.io/rewriteAppHTTPProbers": (_one_of(*_SWITCH), '"true" or "false"'),
    "sidecar.istio.io/nativeSidecar": (_one_of(*_SWITCH), '"true" or "false"'),
    "prometheus.istio.io/merge-metrics": (_one_of(*_SWITCH), '"true" or "false"'),
    "sidecar.istio.io/interceptionMode": (_one_of(*_MODES), "REDIRECT, TPROXY or NONE"),
    "sidecar.istio.io/logLevel": (_one_of(*_LEVELS), f"one of {', '.join(_LEVELS)}"),
    WORKLOAD_API: (lambda text: text in ("true", "false"), '"true" or "false"'),
    "status.sidecar.istio.io/port": (_is_port, "a port number"),
    f"{_READY}applicationPorts": (_listed(_is_port), _PORTS),
    f"{_READY}failureThreshold": (_is_number, "a whole number"),
    f"{_READY}initialDelaySeconds": (_is_number, "a whole number"),
    f"{_READY}periodSeconds": (_is_number, "a whole number"),
    f"{_CAPTURE}includeOutboundIPRanges": (_or_all(_is_range), _RANGES + _ALL),
    f"{_CAPTURE}excludeOutboundIPRanges": (_or_all(_is_range), _RANGES + _ALL),
    f"{_CAPTURE}includeInboundPorts": (_or_all(_is_port), _PORTS + _ALL),
    f"{_CAPTURE}excludeInboundPorts": (_listed(_is_port), _PORTS),
    f"{_CAPTURE}includeOutboundPorts": (_or_all(_is_port), _PORTS + _ALL),
    f"{_CAPTURE}excludeOutboundPorts": (_listed(_is_port), _PORTS),
}
"""What is right for the value of each word, and how that is said."""

_EFFECTS = {WORKLOAD_API: "the application gets no identity of its own"}

_CONFIG = "proxy.istio.io/config"
_IN_CONFIG = f"Set it in the annotation {_CONFIG}, or in MeshConfig's defaultConfig"
_OLD = {
    INJECT: f'Write it as a label of the pod: {INJECT}: "true" or "false"',
    "sidecar.istio.io/discoveryAddress": _IN_CONFIG,
    "sidecar.istio.io/statsInclusionPrefixes": _IN_CONFIG,
    "sidecar.istio.io/statsInclusionSuffixes": _IN_CONFIG,
    "sidecar.istio.io/statsInclusionRegexps": _IN_CONFIG,
    "sidecar.istio.io/extraStatTags": _IN_CONFIG,
    "sidecar.istio.io/statsCompression": "Remove it: clients get compression by asking for it",
    f"{_CAPTURE}kubevirtInterfaces": "Write istio.io/reroute-virtual-interfaces",
}
"""Annotations that Istio has declared deprecated, and what takes their place."""


def misread(manifest: Manifest) -> Iterator[Finding]:
    """Values that their word does not take, and words that have another form by now."""
    for path, words in said_of_pods(manifest):
        for name, value in words.items():
            right = _VALUES.get(name)
            if right is not None and not right[0](str(value)):
                yield Finding(
                    manifest.origin((*path, name)),
                    f"{name} is {quoted(str(value))}, not {right[1]}",
                    _EFFECTS.get(
                        name, "it is ignored; Istio may refuse the pod, or give it no proxy"
                    ),
                    f"Write {right[1]}",
                    "invalid-annotation",
                    Severity.WARNING,
                )
            elif name == _CONFIG and path[-1] == "annotations":
                yield Finding(
                    manifest.origin((*path, name)),
                    f"the annotation {name} is not supported yet",
                    "these pods' proxies are set up like all others, by MeshConfig's defaultConfig",
                    "Set what all proxies need in MeshConfig's defaultConfig, or remove it",
                    "unsupported-field",
                    Severity.WARNING,
                )
            elif name in _OLD and path[-1] == "annotations":
                yield Finding(
                    manifest.origin((*path, name)),
                    f"the annotation {name} is deprecated",
                    "it still works; a later release of Istio may remove it",
                    _OLD[name],
                    "deprecated-annotation",
                    Severity.INFO,
                )


def asks_for_a_proxy(words: Mapping[str, object]) -> bool:
    """Whether these labels or annotations of a pod ask for a proxy beside it."""
    return str(words.get(INJECT, "")).lower() in _YES
