"""What Envoy's descriptors demand is found in a message before Envoy sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.base_pb2 import HeaderValueOption
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy

from gossamer.compile.constraints.walk import faults
from gossamer.compile.constraints.words import in_words, readable
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.protos import packed, set_duration


def host() -> VirtualHost:
    """A virtual host with one good route."""
    virtual_host = VirtualHost(name="a", domains=["a.example.com"])
    route = virtual_host.routes.add()
    route.match.prefix = "/"
    route.route.cluster = "a"
    return virtual_host


def said(message: object) -> list[str]:
    """What is wrong with a message."""
    return [str(fault) for fault in faults(message)]


def test_a_good_message_has_no_fault() -> None:
    """What is not set is no fault, whatever rules its content would have."""
    assert said(host()) == []


def test_an_empty_prefix_of_a_header_is_found() -> None:
    """The example that Envoy refused and nobody told."""
    virtual_host = host()
    virtual_host.routes[0].match.headers.add(name="x").string_match.prefix = ""
    assert said(virtual_host) == [
        'routes[0].match.headers[0].string_match.prefix is "", and must have 1 characters or more'
    ]


def test_what_must_be_set_is_missed() -> None:
    """A choice that nobody made, a list without its first item, a name without letters."""
    virtual_host = VirtualHost()
    virtual_host.routes.add()
    findings = said(virtual_host)
    assert 'name is "", and must have 1 characters or more' in findings
    assert "domains must have 1 item or more" in findings
    assert any("routes[0].action must be set" in each for each in findings)
    assert "routes[0].match must be set" in findings


@pytest.mark.parametrize(
    ("name", "good"), [("x-a", True), ("x\na", False), ("x\0a", False), ("", False)]
)
def test_names_of_headers_follow_their_rule(name: str, good: bool) -> None:
    """A well-known pattern is one rule among others."""
    virtual_host = host()
    virtual_host.request_headers_to_remove.append(name)
    assert (said(virtual_host) == []) is good


def test_numbers_times_and_words_are_bounded() -> None:
    """Durations above zero, shares up to a hundred, values that Envoy knows."""
    proto = Cluster(name="a")
    set_duration(proto.connect_timeout, timedelta(0))
    proto.outlier_detection.max_ejection_percent.value = 101
    proto.dns_lookup_family = 77  # type: ignore[assignment]
    assert [each.path for each in faults(proto)] == [
        "connect_timeout",
        "dns_lookup_family",
        "outlier_detection.max_ejection_percent",
    ]


def test_too_many_and_too_long_are_found() -> None:
    """Lists and texts have upper bounds."""
    virtual_host = host()
    virtual_host.response_headers_to_add.extend(HeaderValueOption() for _ in range(1001))
    assert "response_headers_to_add must not have more than 1000 items" in said(virtual_host)


def test_what_is_packed_is_looked_into() -> None:
    """A filter's own configuration stands in an Any, where most of a listener is."""
    proto = Listener(name="a")
    proto.filter_chains.add().filters.add(name="tcp").typed_config.CopyFrom(packed(TcpProxy()))
    findings = said(proto)
    assert any("typed_config<TcpProxy>.stat_prefix" in each for each in findings)


def test_an_unknown_type_is_left_to_envoy() -> None:
    """What no descriptor is known for has no fault that we could name."""
    proto = Listener(name="a")
    proto.filter_chains.add().filters.add(name="x").typed_config.type_url = "a/b.C"
    assert said(proto) == []


DUMP = (
    "Proto constraint validation failed (VirtualHostValidationError.Name: value length must be at "
    'least 1 characters): goo.gle/debugonly  name: ""\ndomains: "a"\nroutes {\n}\n'
)


def test_a_refusal_names_the_field_and_what_is_wrong() -> None:
    """Where a rule is broken, its place is said instead of Envoy's dump."""
    virtual_host = host()
    virtual_host.name = ""
    assert in_words(ResourceType.VIRTUAL_HOST, virtual_host.SerializeToString(), DUMP) == (
        'name is "", and must have 1 characters or more'
    )


def test_another_refusal_keeps_envoys_reason_and_loses_the_dump() -> None:
    """What no rule explains is Envoy's to say, on one line."""
    reason = in_words(ResourceType.VIRTUAL_HOST, host().SerializeToString(), DUMP)
    assert reason.startswith("Proto constraint validation failed")
    assert "goo.gle" not in reason
    assert "\n" not in reason
    assert len(readable("x" * 9000)) == 400


def test_what_is_gone_or_no_message_keeps_the_reason() -> None:
    """A resource without a body, and one that is JSON, have nothing to look into."""
    assert in_words(ResourceType.VIRTUAL_HOST, None, "no") == "no"
    assert in_words(ResourceType.NAMES, b"{}", "no") == "no"
