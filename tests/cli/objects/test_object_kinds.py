"""Kinds by all the names that kubectl's users have in their fingers."""

from __future__ import annotations

import pytest

from gossamer.cli.error import CliError
from gossamer.cli.objects.kinds import KINDS, ObjectKind, kinds_of


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("po", "Pod"),
        ("pods", "Pod"),
        ("svc", "Service"),
        ("Services", "Service"),
        ("deploy", "Deployment"),
        ("deployments.apps", "Deployment"),
        ("sts", "StatefulSet"),
        ("ds", "DaemonSet"),
        ("rs", "ReplicaSet"),
        ("jobs", "Job"),
        ("cj", "CronJob"),
        ("cm", "ConfigMap"),
        ("secrets", "Secret"),
        ("sa", "ServiceAccount"),
        ("ns", "Namespace"),
        ("nodes", "Node"),
        ("ep", "Endpoints"),
        ("endpoints", "Endpoints"),
        ("pvc", "PersistentVolumeClaim"),
        ("ingresses", "Ingress"),
        ("ing", "Ingress"),
        ("netpol", "NetworkPolicy"),
        ("hpa", "HorizontalPodAutoscaler"),
        ("vs", "VirtualService"),
        ("VirtualServices", "VirtualService"),
        ("virtualservices.networking.istio.io", "VirtualService"),
        ("dr", "DestinationRule"),
        ("se", "ServiceEntry"),
        ("serviceentries", "ServiceEntry"),
        ("pa", "PeerAuthentication"),
        ("ap", "AuthorizationPolicy"),
        ("authorizationpolicies", "AuthorizationPolicy"),
        ("ra", "RequestAuthentication"),
        ("HTTPRoute", "HTTPRoute"),
        ("httproutes", "HTTPRoute"),
        ("gatewayclasses", "GatewayClass"),
        ("trafficsplits", "TrafficSplit"),
        ("ev", "Event"),
    ],
)
def test_a_word_means_its_kind(word: str, kind: str) -> None:
    """Name, plural, short form, and with its group; in any case."""
    assert [each.name for each in kinds_of(word)] == [kind]


def test_gateways_are_of_two_groups() -> None:
    """Istio's and Gateway API's are both meant, unless the group is said."""
    assert len(kinds_of("gateways")) == len(kinds_of("gw")) == 2
    (one,) = kinds_of("gateways.gateway.networking.k8s.io")
    assert one.group == "gateway.networking.k8s.io"


def test_all_is_what_runs_and_what_routes() -> None:
    """No Secret is shown by a word that does not name it."""
    names = {kind.name for kind in kinds_of("all")}
    assert {"Pod", "Service", "Deployment", "VirtualService", "HTTPRoute"} <= names
    assert "Secret" not in names


@pytest.mark.parametrize(
    ("word", "near"),
    [("pds", "pods"), ("deploymnt", "deployments"), ("virtualservce", "virtualservices")],
)
def test_an_unknown_kind_is_answered_with_the_near_one(word: str, near: str) -> None:
    """Exit 1, as kubectl; never an empty list."""
    with pytest.raises(CliError, match=f"did you mean `{near}`"):
        kinds_of(word)
    with pytest.raises(CliError, match="get all -A"):
        kinds_of("zzzzzz")


def test_a_kind_that_the_mesh_holds_is_known() -> None:
    """What somebody applied can be asked for, whoever reads it."""
    (own,) = kinds_of("certificates", lambda: [ObjectKind("Certificate", "cert-manager.io")])
    assert own.prefix == "certificate.cert-manager.io"


def test_no_two_kinds_share_a_short_name() -> None:
    """Short forms are unambiguous."""
    shorts = [word for kind in KINDS for word in kind.short]
    assert len(shorts) == len(set(shorts))
