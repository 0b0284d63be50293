"""The kinds of objects by every name that people give them: `po`, `pods`, `Pod`, `pods.v1`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from gossamer.cli.error import CliError


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """A kind with its plural and short names; `group` is empty for the core kinds."""

    name: str
    group: str = ""
    short: tuple[str, ...] = ()
    namespaced: bool = True

    @property
    def plural(self) -> str:
        """As the Kubernetes API names the collection."""
        lower = self.name.lower()
        if lower in _PLURALS:
            return _PLURALS[lower]
        if lower.endswith("y") and lower[-2] not in "aeiou":
            return f"{lower[:-1]}ies"
        return f"{lower}es" if lower.endswith(("s", "x", "ch")) else f"{lower}s"

    @property
    def words(self) -> tuple[str, ...]:
        """All of its names, in lower case."""
        plain = (self.name.lower(), self.plural, *self.short)
        return (*plain, *(f"{name}.{self.group}" for name in plain[:2] if self.group))

    @property
    def prefix(self) -> str:
        """What stands before the slash in `-o name`: `pod`, `deployment.apps`."""
        return f"{self.name.lower()}.{self.group}" if self.group else self.name.lower()


_PLURALS = {"endpoints": "endpoints", "gateway": "gateways"}
_NET, _SEC = "networking.istio.io", "security.istio.io"
_API, _SPLIT = "gateway.networking.k8s.io", "split.smi-spec.io"
_SPECS, _ACCESS = "specs.smi-spec.io", "access.smi-spec.io"

KINDS: tuple[ObjectKind, ...] = (
    ObjectKind("Pod", "", ("po",)),
    ObjectKind("Service", "", ("svc",)),
    ObjectKind("DaemonSet", "apps", ("ds",)),
    ObjectKind("Deployment", "apps", ("deploy",)),
    ObjectKind("ReplicaSet", "apps", ("rs",)),
    ObjectKind("StatefulSet", "apps", ("sts",)),
    ObjectKind("Job", "batch"),
    ObjectKind("CronJob", "batch", ("cj",)),
    ObjectKind("ReplicationController", "", ("rc",)),
    ObjectKind("ConfigMap", "", ("cm",)),
    ObjectKind("Secret"),
    ObjectKind("ServiceAccount", "", ("sa",)),
    ObjectKind("Namespace", "", ("ns",), namespaced=False),
    ObjectKind("Node", "", ("no",), namespaced=False),
    ObjectKind("Endpoints", "", ("ep",)),
    ObjectKind("EndpointSlice", "discovery.k8s.io"),
    ObjectKind("PersistentVolumeClaim", "", ("pvc",)),
    ObjectKind("PersistentVolume", "", ("pv",), namespaced=False),
    ObjectKind("Ingress", "networking.k8s.io", ("ing",)),
    ObjectKind("NetworkPolicy", "networking.k8s.io", ("netpol",)),
    ObjectKind("HorizontalPodAutoscaler", "autoscaling", ("hpa",)),
    ObjectKind("PodDisruptionBudget", "policy", ("pdb",)),
    ObjectKind("VirtualService", _NET, ("vs",)),
    ObjectKind("DestinationRule", _NET, ("dr",)),
    ObjectKind("Gateway", _NET, ("gw",)),
    ObjectKind("ServiceEntry", _NET, ("se",)),
    ObjectKind("Sidecar", _NET),
    ObjectKind("EnvoyFilter", _NET),
    ObjectKind("WorkloadEntry", _NET, ("we",)),
    ObjectKind("WorkloadGroup", _NET, ("wg",)),
    ObjectKind("ProxyConfig", _NET),
    ObjectKind("PeerAuthentication", _SEC, ("pa",)),
    ObjectKind("AuthorizationPolicy", _SEC, ("ap",)),
    ObjectKind("RequestAuthentication", _SEC, ("ra",)),
    ObjectKind("Telemetry", "telemetry.istio.io", ("telemetry",)),
    ObjectKind("WasmPlugin", "extensions.istio.io"),
    ObjectKind("Gateway", _API, ("gtw",)),
    ObjectKind("GatewayClass", _API, ("gc",), namespaced=False),
    ObjectKind("HTTPRoute", _API),
    ObjectKind("GRPCRoute", _API),
    ObjectKind("TCPRoute", _API),
    ObjectKind("TLSRoute", _API),
    ObjectKind("ReferenceGrant", _API, ("refgrant",)),
    ObjectKind("TrafficSplit", _SPLIT, ("ts",)),
    ObjectKind("HTTPRouteGroup", _SPECS),
    ObjectKind("TCPRoute", _SPECS),
    ObjectKind("UDPRoute", _SPECS),
    ObjectKind("TrafficTarget", _ACCESS, ("tt",)),
    ObjectKind("IdentityBinding", _ACCESS),
    ObjectKind("Event", "", ("ev",)),
)

ALL = "all"
_OF_ALL = frozenset(("Pod", "Service", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")) | {
    *("Job", "CronJob")
}
_MESH_GROUPS = frozenset((_NET, _SEC, _API, _SPLIT, _SPECS, _ACCESS))
SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "DaemonSet", "Job")
"""The kinds that make pods."""


def kinds_of(
    name: str, beside: Callable[[], Iterable[ObjectKind]] = tuple
) -> tuple[ObjectKind, ...]:
    """The kinds that a word means, which are two where two groups have it (`gateways`).

    `beside` finds kinds that the mesh holds and nobody here knows. CliError for an unknown word.
    """
    asked = name.lower()
    if asked == ALL:
        return tuple(k for k in KINDS if k.name in _OF_ALL or k.group in _MESH_GROUPS)
    if asked in ("gw", "gtw"):
        asked = "gateways"
    known = KINDS
    meant = tuple(kind for kind in known if asked in kind.words)
    if not meant:
        known = (*KINDS, *beside())
        meant = tuple(kind for kind in known if asked in kind.words)
    if not meant:
        raise CliError(f"there is no kind {name!r}, so nothing is shown; {_near(asked, known)}")
    return tuple(dict.fromkeys(meant))


def kind_of(name: str) -> ObjectKind:
    """The one kind that a word means, or the first."""
    return kinds_of(name)[0]


def known_kind(name: str, group: str) -> ObjectKind:
    """The kind of an object that the mesh holds."""
    return next(
        (kind for kind in KINDS if (kind.name, kind.group) == (name, group)),
        ObjectKind(name, group),
    )


def _near(name: str, known: Iterable[ObjectKind]) -> str:
    words = {each: kind.plural for kind in known for each in kind.words}
    if near := get_close_matches(name, list(words), 1, 0.6):
        return f"did you mean `{words[near[0]]}`?"
    return "`gossamer get all -A` shows what there is"
