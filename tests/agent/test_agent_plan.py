"""Desired sets read, and turned into steps and bootstraps."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from msgspec import structs

from gossamer.agent.identity.workload_api.place import ANNOTATION
from gossamer.agent.plan import (
    LOG_LEVEL,
    BadPods,
    DesiredPod,
    ProxySteps,
    bootstrap_plan,
    expected_listeners,
    kept,
    read_pods,
    steps,
)
from gossamer.agent.shapes import DesiredPods, PodShape
from gossamer.envoy.process import LogLevel
from gossamer.model.workload.workload_labels import WorkloadLabels

CART = PodShape(
    namespace="shop",
    name="cart-1",
    workload="cart",
    ip=["10.244.0.7"],
    service_account="till",
    labels={"app": "cart"},
    annotations={"note": "x"},
)


def test_a_desired_set_survives_the_disk() -> None:
    """What a restarted agent reads back is what it was told."""
    pods = read_pods([CART, structs.replace(CART, name="cart-2", gateway=True)])
    again = read_pods(msgspec.json.decode(msgspec.json.encode(kept(pods)), type=DesiredPods).pods)
    assert again == pods
    assert again[0].names == pods[0].names == WorkloadLabels("cart", "", "cart", "latest")


def test_what_does_not_concern_the_start_changes_nothing() -> None:
    """A changed label, port or foreign annotation never restarts an Envoy."""
    [before] = read_pods([CART])
    [after] = read_pods([structs.replace(CART, labels={}, annotations={"note": "y"})])
    assert steps({before.key: before}, [after]) == ProxySteps((), ())


def test_steps_stop_what_is_gone_or_another() -> None:
    """Gone pods stop, new ones start, changed ones do both, equal ones neither."""
    [cart] = read_pods([CART])
    other = replace(cart, service_account="bank")
    new = replace(cart, name="cart-9")
    assert steps({cart.key: cart}, [cart, new]) == ProxySteps((), (new,))
    assert steps({cart.key: cart}, [other]) == ProxySteps((cart.key,), (other,))
    assert steps({cart.key: cart}, []) == ProxySteps((cart.key,), ())


@pytest.mark.parametrize(
    "pods",
    [
        [structs.replace(CART, name="../etc")],
        [structs.replace(CART, namespace="..")],
        [structs.replace(CART, name="")],
        [structs.replace(CART, workload="a/b")],
        [CART, CART],
    ],
)
def test_bad_sets_are_refused_whole(pods: list[PodShape]) -> None:
    """Half a set would stop the proxies of the other half; the sender is told."""
    with pytest.raises(BadPods, match="stay as they are"):
        read_pods(pods)


def test_the_bootstrap_names_pod_and_workload() -> None:
    """The plane recognises the proxy by `POD.NS` and `WORKLOAD.NS`."""
    [pod] = read_pods([CART])
    plan = bootstrap_plan(pod, "/lab/agent/shop.cart-1")
    assert (plan.node_id, plan.node_cluster) == ("cart-1.shop", "cart.shop")
    assert plan.ads_socket == "/lab/agent/shop.cart-1/ads.sock"
    assert plan.readiness == ("0.0.0.0",)
    six = replace(pod, addresses=("10.244.0.7", "fd00::7"))
    assert bootstrap_plan(six, "/x").readiness == ("::",)


def test_proxies_ask_the_hosts_resolver_where_one_is_named() -> None:
    """Pods get virtual addresses for outside hosts; their proxies must not."""
    [pod] = read_pods([CART])
    assert bootstrap_plan(pod, "/x").resolver == ""
    assert bootstrap_plan(pod, "/x", "10.244.0.1:1053").resolver == "10.244.0.1:1053"


def test_a_gateway_needs_no_sidecar_listeners() -> None:
    """A gateway nothing is bound to yet is ready; a sidecar without its listeners is not."""
    [pod] = read_pods([CART])
    assert "inbound" in expected_listeners(pod)
    assert "inbound" not in expected_listeners(replace(pod, gateway=True))


def test_log_levels_are_the_annotations_words() -> None:
    """`sidecar.istio.io/logLevel` is honoured; a word Envoy lacks is not passed on."""
    pod = DesiredPod("shop", "cart-1", "cart", annotations={LOG_LEVEL: "warn"})
    assert pod.log_level is LogLevel.WARNING
    assert replace(pod, annotations={LOG_LEVEL: "debug"}).log_level is LogLevel.DEBUG
    assert replace(pod, annotations={LOG_LEVEL: "loud"}).log_level is LogLevel.WARNING


@pytest.mark.parametrize(
    ("value", "gateway", "served"),
    [("true", False, True), ("false", False, False), ("yes", False, False), ("true", True, False)],
)
def test_a_private_key_is_given_to_who_asks_alone(value: str, gateway: bool, served: bool) -> None:
    """By the one word `true`, on a pod with an application; kept over the agent's restart."""
    asked = structs.replace(CART, annotations={ANNOTATION: value}, gateway=gateway)
    [pod] = read_pods(kept(read_pods([asked])).pods)
    assert pod.has_workload_api is served
