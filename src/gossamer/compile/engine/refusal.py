"""What an author reads of a resource that Envoy refuses, by the plane and before it."""

from __future__ import annotations

from gossamer.compile.engine.compiled import Need
from gossamer.model.finding import Finding
from gossamer.model.origin import ObjectRef, Origin


def refused_object(origin: Origin, resource: Need, reason: str, effect: str) -> Finding:
    """The object that makes Envoy refuse it."""
    kind, name = _shown(resource)
    return Finding(
        origin,
        f"Envoy refuses the {kind} {name} with this object in it: {reason}",
        effect,
        "Change what Envoy's message names; the object is tried again when it changes. "
        "Please report it to Gossamer's authors: this should have been reported earlier",
        "rejected-by-envoy",
    )


def refused_resource(resource: Need, reason: str) -> Finding:
    """A resource that is refused whichever object is left out."""
    kind, name = _shown(resource)
    return Finding(
        Origin(ObjectRef(kind, "", name)),
        f"Envoy refuses the {kind} {name}: {reason}",
        "its proxies keep the previous version, or go without",
        "No single object explains it: look at those that `gossamer explain` names for its calls, "
        "and please report it to Gossamer's authors",
        "rejected-by-envoy",
    )


def _shown(resource: Need) -> tuple[str, str]:
    """Its kind as Envoy calls it, and its name."""
    kind, name = resource
    return kind.value.rpartition(".")[2], name
