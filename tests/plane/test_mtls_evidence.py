"""`gossamer mtls` and `plan`: what was seen, beside what holds and what would."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.model.mesh import Mesh
from gossamer.model.tls_parameters import HYBRID
from gossamer.plane.api.mtls_answers import BrokenCall, MtlsEvidence
from gossamer.plane.queries.broken_calls import broken_calls, seen_calls
from gossamer.plane.queries.meshed_workloads import MeshedWorkloads
from gossamer.plane.queries.mtls import mtls_answer
from gossamer.store.paths import File
from gossamer.telemetry.evidence.contact import Contact, Handshakes, Occasions, Security
from gossamer.telemetry.evidence.contacts import Contacts

HOST = "web.shop.svc.cluster.local"
PAGE = Contact("shop/page", "", "shop/web", Security.MUTUAL, 0, HOST, "http", "source")
PLAIN = Contact("shop/bare", "10.244.0.9", "shop/web", Security.PLAINTEXT, 8080)
OWN_TLS = Contact("", "10.1.2.3", "shop/web", Security.TLS, 9000)

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}, annotations: {{{notes}}}}}
spec: {{containers: [{{name: app, image: app}}]}}
---
"""
BARE = "sidecar.istio.io/inject: 'false'"
WEB = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 9000}]
---
"""
SHOP = POD.format(name="web", notes="") + POD.format(name="page", notes="") + WEB
SHOP += POD.format(name="bare", notes=BARE)


def peers(spec: str, name: str = "all", namespace: str = "shop") -> str:
    """A PeerAuthentication."""
    return (
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec: {{{spec}}}\n---\n"
    )


def rule(tls: str) -> str:
    """A DestinationRule for the web that says how to call it."""
    return (
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\n"
        "metadata: {name: web, namespace: shop}\n"
        f"spec: {{host: web, trafficPolicy: {{tls: {{mode: {tls}}}}}}}\n---\n"
    )


STRICT, DISABLE = "mtls: {mode: STRICT}", "mtls: {mode: DISABLE}"


def mesh(*documents: str) -> Mesh:
    """The shop with these documents."""
    return offline_mesh(read_all([File("shop.yaml", "".join((SHOP, *documents)).encode())]))[0]


def watched(*contacts: Contact, **more: Any) -> Contacts:
    """Each seen three times, last at the second minute."""
    return Contacts(60, {each: Occasions(3, 90, 120) for each in contacts}, **more)


def told(contacts: Contacts, *documents: str, now: float = 7260) -> MtlsEvidence:
    return mtls_answer(MeshedWorkloads.of(mesh(*documents)), contacts, known=True, now=now)


def test_calls_are_told_with_the_mode_that_holds_and_its_line() -> None:
    """Who, how, how often, when; and what the handshakes agreed on."""
    agreed = {Handshakes("shop/page", HOST, "curves", HYBRID): 3}
    answer = told(watched(PAGE, PLAIN, handshakes=agreed), peers(STRICT))
    plain, page = answer.calls
    assert (plain.source, plain.address, plain.port, plain.security) == (
        "shop/bare",
        "10.244.0.9",
        8080,
        "plaintext",
    )
    assert (page.service, page.curves, page.calls) == (HOST, {HYBRID: 3}, 3)
    assert page.first_seen == "1970-01-01T00:01:30+00:00"
    assert (page.mode, plain.mode) == ("STRICT", "STRICT")
    assert plain.by is not None
    assert (plain.by.object, plain.by.field) == ("PeerAuthentication shop/all", "spec.mtls")
    assert plain.by.line is not None


@pytest.mark.parametrize(
    ("contacts", "documents", "strict"),
    [
        ((), (), "nobody was seen to call"),
        ((PAGE,), (), "would refuse nobody seen"),
        ((PAGE, PLAIN), (), "would refuse 1 caller"),
        ((OWN_TLS, PLAIN), (), "would refuse 2 callers"),
        ((PLAIN,), (peers(STRICT),), "in force"),
    ],
)
def test_strict_is_a_decision_on_evidence(
    contacts: tuple[Contact, ...], documents: tuple[str, ...], strict: str
) -> None:
    """Plaintext, and TLS of the caller's own, is what it would refuse."""
    (web,) = [
        each
        for each in told(watched(*contacts), *documents).destinations
        if each.workload == "shop/web"
    ]
    assert web.strict == strict


def test_each_port_has_its_mode_and_its_place() -> None:
    """Ports of services, those that policies name, then all others."""
    spec = f"selector: {{matchLabels: {{app: web}}}}, {STRICT}, portLevelMtls: "
    spec += "{8080: {mode: PERMISSIVE}, 9000: {mode: UNSET}, 7000: {mode: DISABLE}}"
    answer = told(watched(), peers(spec, "web"))
    (web,) = [each for each in answer.destinations if each.workload == "shop/web"]
    fields = {each.port: (each.mode, each.by.field if each.by else None) for each in web.ports}
    assert fields == {
        7000: ("DISABLE", "spec.portLevelMtls.7000"),
        8080: ("PERMISSIVE", "spec.portLevelMtls.8080"),
        9000: ("STRICT", "spec.mtls"),
        None: ("STRICT", "spec.mtls"),
    }


def test_what_was_not_seen_is_said() -> None:
    """The window, workloads without a proxy, silent agents, more addresses than are kept."""
    answer = told(watched(agents={"lab": 7000.0, "other": 7255.0}, crowded=True))
    assert answer.observed.hours == 2
    text = "\n".join(answer.not_seen)
    assert "shop/bare" in text
    assert "lab" in text
    assert "other" not in text.replace("another", "")
    assert "more addresses" in text


def test_a_workload_without_a_proxy_has_no_mode() -> None:
    """Plaintext to it is told, and no policy pretends to hold there."""
    called = Contact("shop/page", "", "shop/bare", Security.PLAINTEXT, 0, "bare", "http", "source")
    (call,) = told(watched(called), peers(STRICT)).calls
    assert (call.mode, call.by) == (None, None)


def broken(contacts: Contacts, before: tuple[str, ...], *after: str) -> list[BrokenCall]:
    return broken_calls(mesh(*before), mesh(*after), contacts)


def test_plan_names_the_calls_that_strict_would_refuse() -> None:
    """With the line that refuses them; mutual TLS goes on."""
    plain, own = sorted(
        broken(watched(PAGE, PLAIN, OWN_TLS), (), peers(STRICT)), key=lambda each: each.port or 0
    )
    assert (plain.source, plain.port, plain.calls) == ("shop/bare", 8080, 3)
    assert (plain.because.object, plain.because.field) == (
        "PeerAuthentication shop/all",
        "spec.mtls",
    )
    assert (own.source, own.address, own.security) == ("unknown", "10.1.2.3", "tls")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), ()),
        ((peers(STRICT),), (peers(STRICT),)),
        ((peers(STRICT),), ()),
        ((), (peers(STRICT, namespace="other"),)),
        ((), (peers(f"selector: {{matchLabels: {{app: page}}}}, {STRICT}"),)),
        (
            (),
            (
                peers(
                    f"selector: {{matchLabels: {{app: web}}}}, {STRICT}, "
                    "portLevelMtls: {8080: {mode: PERMISSIVE}, 9000: {mode: DISABLE}}"
                ),
            ),
        ),
    ],
)
def test_what_stays_as_it_is_breaks_nothing(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    """Refused before, let in after, another workload's, or another port's."""
    assert broken(watched(PAGE, PLAIN, OWN_TLS), before, *after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((peers(STRICT),), (peers(STRICT), rule("DISABLE"))),
        ((rule("DISABLE"),), (rule("DISABLE"), peers(STRICT))),
        ((rule("ISTIO_MUTUAL"),), (rule("ISTIO_MUTUAL"), peers(DISABLE))),
        ((peers(DISABLE),), (peers(DISABLE), rule("ISTIO_MUTUAL"))),
    ],
)
def test_a_destination_rule_that_no_longer_fits_breaks_the_calls_seen(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    """Whichever of the two changes; the rule is named, and the caller that uses it."""
    (call,) = broken(watched(PAGE), before, *after)
    assert (call.source, call.service) == ("shop/page", HOST)
    assert call.because.object == "DestinationRule shop/web"
    assert call.because.field == "spec.trafficPolicy.tls"


def test_disable_alone_breaks_nobody() -> None:
    """Callers with a proxy are told, and speak plaintext."""
    assert broken(watched(PAGE, PLAIN), (), peers(DISABLE)) == []


def test_the_window_of_a_plan_is_stated() -> None:
    """So that an empty list is not taken for a proof."""
    seen = seen_calls(mesh(), mesh(peers(STRICT)), watched(), 7260)
    assert (seen.breaks, seen.observed.since) == ([], "1970-01-01T00:01:00+00:00")
    assert any("job" in each for each in seen.not_seen)
