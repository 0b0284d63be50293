"""DestinationRules: policies, ports, subsets, and what a wrong stanza costs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.finding import Severity
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.connection_pool import ConnectionPool, H2Upgrade, Keepalive
from gossamer.model.policies.load_balancer import Balance, LoadBalancer
from gossamer.model.policies.outlier_detection import OutlierDetection
from tests.dialects.full_documents import DESTINATION_RULE
from tests.dialects.full_manifests import NETWORKING, codes, first, reading, refused, spec, the


def rule(body: str) -> ReadResult:
    """The reading of a DestinationRule for `reviews` with these further lines."""
    return spec(NETWORKING, "DestinationRule", f"host: reviews\n{body}")


def test_the_host_and_who_follows() -> None:
    """A short host means the rule's namespace; selector and export are kept."""
    destination = the(reading(DESTINATION_RULE))
    assert destination.host == "reviews.shop.svc.cluster.local"
    assert destination.export_to == ("shop",)
    assert destination.workload_selector == (("app", "productpage"),)


def test_every_policy_of_the_host() -> None:
    """Each stanza is its own value, found by type."""
    policies = the(reading(DESTINATION_RULE)).policies
    assert policies.get(LoadBalancer) == LoadBalancer(Balance.ROUND_ROBIN)
    assert policies.get(ConnectionPool) == ConnectionPool(
        100,
        timedelta(milliseconds=30),
        Keepalive(3, timedelta(hours=2), timedelta(seconds=75)),
        timedelta(hours=2),
        timedelta(hours=1),
        1,
        2,
        3,
        4,
        timedelta(seconds=30),
        5,
        H2Upgrade.DO_NOT_UPGRADE,
        True,
    )
    assert policies.get(OutlierDetection) == OutlierDetection(
        7, 0, 2, True, timedelta(minutes=5), timedelta(minutes=15), 50, 40
    )
    assert policies.get(ClientTls) == ClientTls(
        ClientTlsMode.MUTUAL, "reviews.example.com", ("reviews.example.com",), "client"
    )


def test_port_settings_replace_those_of_the_host() -> None:
    """On a port that has settings of its own, nothing else of the host's holds (Istio's rule)."""
    destination = the(reading(DESTINATION_RULE))
    assert list(destination.policies_for(80, "")) == [LoadBalancer(Balance.RANDOM)]


def test_subsets_carry_labels_and_policies_over_the_hosts() -> None:
    """A subset adds to the host's policies, its own of a sort replace the host's."""
    destination = the(reading(DESTINATION_RULE))
    one, two = destination.subsets
    assert (one.name, one.labels) == ("v1", (("version", "v1"),))
    assert two.policies.get(ClientTls) == ClientTls(ClientTlsMode.SIMPLE)
    assert destination.policies_for(9080, "v2").get(LoadBalancer) == LoadBalancer(
        Balance.ROUND_ROBIN
    )


def test_wildcards_stay() -> None:
    """A rule may speak of all hosts under a name."""
    assert the(spec(NETWORKING, "DestinationRule", 'host: "*.local"')).host == "*.local"


@pytest.mark.parametrize("name", ["UNSPECIFIED", "LEAST_CONN", "PASSTHROUGH"])
def test_load_balancers_in_all_spellings(name: str) -> None:
    """Old words keep their meaning; UNSPECIFIED says nothing."""
    fragment = the(rule(f"trafficPolicy: {{loadBalancer: {{simple: {name}}}}}"))
    meant = {"LEAST_CONN": Balance.LEAST_REQUEST, "PASSTHROUGH": Balance.PASSTHROUGH}.get(name)
    assert list(fragment.policies) == ([LoadBalancer(meant)] if meant else [])


@pytest.mark.parametrize(
    "stanza",
    [
        "loadBalancer: {simple: FASTEST}",
        "connectionPool: {tcp: {maxConnections: -1}}",
        "connectionPool: {http: {h2UpgradePolicy: MAYBE}}",
        "outlierDetection: {interval: 0s}",
        "outlierDetection: {maxEjectionPercent: 101}",
    ],
)
def test_a_wrong_tuning_is_left_out_alone(stanza: str) -> None:
    """What only tunes goes by itself; subsets and the rest stand, and the author is told once."""
    result = rule(f"trafficPolicy: {{{stanza}}}\nsubsets: [{{name: v1, labels: {{a: b}}}}]")
    (finding,) = [each for each in result.findings if each.severity is Severity.ERROR]
    assert "is left out" in finding.effect
    assert list(first(result).policies) == []
    assert len(first(result).subsets) == 1


@pytest.mark.parametrize(
    "body",
    [
        "trafficPolicy: {tls: {mode: SIMPEL}}",
        "trafficPolicy: {tls: {mode: MUTUAL}}",
        "trafficPolicy: {portLevelSettings: [{port: {number: 0}}]}",
        "trafficPolicy: {portLevelSettings: [{port: {number: 1}, tls: {mode: 5}}]}",
        "trafficPolicy: 5",
        "subsets: [{labels: {a: b}}]",
        "subsets: [{name: v1, labels: {a: 5}}]",
        "subsets: [{name: v1}, {name: v1}]",
        "subsets: [{name: v1, trafficPolicy: {tls: {mode: 5}}}]",
        "exportTo: [5]",
        "workloadSelector: {matchLabels: {a: 5}}",
    ],
)
def test_a_wrong_choice_or_protection_refuses_the_object(body: str) -> None:
    """Calls must not reach other endpoints, or go less protected, than somebody wrote."""
    assert refused(rule(body))


@pytest.mark.parametrize("host", ["''", "'a b'", "a.*.b", "http://a"])
def test_a_host_that_is_none_refuses_the_object(host: str) -> None:
    """Nobody can say whose endpoints are meant."""
    assert refused(spec(NETWORKING, "DestinationRule", f"host: {host}"))


@pytest.mark.parametrize(
    "stanza",
    [
        "loadBalancer: {consistentHash: {useSourceIp: true}}",
        "loadBalancer: {simple: RANDOM, localityLbSetting: {enabled: true}}",
        "loadBalancer: {simple: RANDOM, warmup: {duration: 1s}}",
        "tunnel: {protocol: CONNECT}",
        "proxyProtocol: {version: V2}",
        "connectionPool: {http: {http2KeepAlive: {}}}",
        "tls: {mode: SIMPLE, caCertificates: system, caCrl: /a}",
    ],
)
def test_what_is_not_supported_is_told(stanza: str) -> None:
    """One warning names the field and what happens instead; everything else holds."""
    result = rule(f"trafficPolicy: {{{stanza}}}")
    assert codes(result.findings) == ["unsupported-field"]
    assert result.findings[0].effect
    assert result.contribution is not None
