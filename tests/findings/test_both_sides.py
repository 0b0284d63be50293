"""Where two objects want the same, both authors hear of it: who counts, and who does not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gossamer.cli.reading import read_all
from gossamer.store.paths import File
from tests.findings.test_finding_pages import analyzed
from tests.findings.test_what_is_said import GAMMA, SERVICE, gateway_api, istio, policy

TO = "http: [{route: [{destination: {host: reviews}}]}]"
VIRTUAL = f"{{hosts: [reviews], {TO}}}"
OUTSIDE = "{hosts: [a.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}"
ROUTE = f"{{parentRefs: [{GAMMA}], rules: [{{backendRefs: [{{name: reviews, port: 9080}}]}}]}}"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A text, and by code the objects on which it is told."""

    text: str
    code: str
    on: tuple[str, str]


def named(name: str, cluster_ip: str) -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{clusterIP: "
        f"{cluster_ip}, selector: {{app: reviews}}, ports: [{{name: http, port: 80}}]}}\n---\n"
    )


def two(kind: str, spec: str) -> str:
    return SERVICE + istio(kind, spec) + "---\n" + istio(kind, spec, name="two")


CONFLICTS = {
    "two VirtualServices of a host": Conflict(
        two("VirtualService", VIRTUAL), "duplicate-host",
        ("VirtualService default/one", "VirtualService default/two"),
    ),
    "a VirtualService and an HTTPRoute of a host": Conflict(
        SERVICE + istio("VirtualService", VIRTUAL) + "---\n" + gateway_api("HTTPRoute", ROUTE),
        "lost-claim", ("HTTPRoute default/one", "VirtualService default/one"),
    ),
    "two ServiceEntries of a host": Conflict(
        two("ServiceEntry", OUTSIDE) .replace("resolution: DNS", "resolution: STATIC", 1),
        "duplicate-host", ("ServiceEntry default/one", "ServiceEntry default/two"),
    ),
    "two DestinationRules of a host": Conflict(
        two("DestinationRule", "{host: reviews}"), "duplicate-destination",
        ("DestinationRule default/one", "DestinationRule default/two"),
    ),
    "two policies of a namespace": Conflict(
        policy("{mtls: {mode: STRICT}}") + "---\n" + policy("{mtls: {mode: DISABLE}}", "two"),
        "duplicate-policy", ("PeerAuthentication default/one", "PeerAuthentication default/two"),
    ),
    "two services of an address": Conflict(
        SERVICE + named("one", "10.96.1.1") + named("two", "10.96.1.1"),
        "address-conflict", ("Service default/one", "Service default/two"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONFLICTS.values(), ids=list(CONFLICTS))
def test_a_conflict_is_told_on_both(case: Conflict) -> None:
    """Once on each, at a line of its own."""
    told = [each for each in analyzed(case.text) if each.code == case.code]
    assert tuple(sorted(str(each.origin.object) for each in told)) == case.on
    assert len({each.origin.line for each in told}) == 2


def test_an_object_written_twice_is_told_at_both_places() -> None:
    """Each of the two files points at the other."""
    files = [File(f"{n}.yaml", (SERVICE + f"# {n}").encode()) for n in range(2)]
    changed = File("1.yaml", files[1].raw.replace(b"9080", b"9081"))
    told = [f for f in read_all([files[0], changed]).findings if f.code == "duplicate-object"]
    assert [each.origin.file for each in told] == ["0.yaml", "1.yaml"]


def test_what_does_not_meet_is_no_conflict() -> None:
    """Rules for different namespaces' clients stand side by side."""
    first = istio("VirtualService", f"{{exportTo: [a], {VIRTUAL[1:]}")
    second = istio("VirtualService", f"{{exportTo: [b], {VIRTUAL[1:]}", name="two")
    spaces = "".join(
        f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {n}}}\n" for n in "ab"
    )
    assert "duplicate-host" not in {
        each.code for each in analyzed(f"{SERVICE}{first}---\n{second}{spaces}")
    }
