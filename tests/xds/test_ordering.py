"""All types of a stream in the order that never breaks a client."""

from __future__ import annotations

from gossamer.contract.type_urls import CLUSTER, ENDPOINT, LISTENER, ROUTE, VIEWS, VIRTUAL_HOST
from gossamer.xds.events import StreamFailed
from gossamer.xds.frame import ABSENT, DiscoveryRequest
from tests.xds.playbook import Book, Table


def _connected() -> Book:
    """A client that holds a host `h` on cluster `c`, all acknowledged."""
    book = Book({})
    book.table(CLUSTER).put("c", "1")
    book.table(ENDPOINT).put("c", "1")
    book.table(VIRTUAL_HOST).put("80/_", "1")
    book.table(VIRTUAL_HOST).put("80/h", "1", needs=((CLUSTER, "c"), (ENDPOINT, "c")))
    book.table(VIRTUAL_HOST).everything = ["80/_"]
    for type_url in (CLUSTER, ENDPOINT, LISTENER, VIRTUAL_HOST):
        book.ask(type_url)
        book.acknowledge()
    return book


def test_a_first_ask_brings_cluster_and_endpoints_ahead_of_the_host() -> None:
    """On demand: what the host needs is with the client before the host, in one turn."""
    book = _connected()
    assert book.ask(VIRTUAL_HOST, "80/h") == [
        ("Cluster", ["c"]),
        ("ClusterLoadAssignment", ["c"]),
        ("VirtualHost", ["80/h"]),
    ]
    assert book.acknowledge() == []


def test_endpoints_that_a_cluster_needs_go_once_behind_it() -> None:
    """Envoy drops what it hears of an unknown cluster; a relay holds the cluster back for them."""
    book = _connected()
    book.table(CLUSTER).put("d", "1", needs=((ENDPOINT, "d"),))
    book.table(ENDPOINT).put("d", "1")
    book.table(VIRTUAL_HOST).put("80/i", "1", needs=((CLUSTER, "d"),))
    assert book.ask(VIRTUAL_HOST, "80/i") == [
        ("Cluster", ["d"]),
        ("ClusterLoadAssignment", ["d"]),
        ("VirtualHost", ["80/i"]),
    ]


def test_what_the_client_holds_is_not_pushed_ahead_again() -> None:
    """A second host on the same cluster costs one resource."""
    book = _connected()
    book.ask(VIRTUAL_HOST, "80/h")
    book.acknowledge()
    book.table(VIRTUAL_HOST).put("80/i", "1", needs=((CLUSTER, "c"), (ENDPOINT, "c")))
    assert book.ask(VIRTUAL_HOST, "80/i") == [("VirtualHost", ["80/i"])]


def test_a_changed_cluster_takes_its_endpoints_along() -> None:
    """Envoy warms a changed cluster until it hears its endpoints again, changed or not."""
    book = _connected()
    book.ask(VIRTUAL_HOST, "80/h")
    book.acknowledge()
    book.table(CLUSTER).put("c", "2")
    assert book.change((CLUSTER, "c")) == [("Cluster", ["c"]), ("ClusterLoadAssignment", ["c"])]


def test_endpoints_follow_their_cluster_even_past_one_in_flight() -> None:
    """An unacknowledged endpoint response must not leave a changed cluster warming."""
    book = _connected()
    book.ask(VIRTUAL_HOST, "80/h")
    book.acknowledge()
    book.table(ENDPOINT).put("c", "2")
    assert book.change((ENDPOINT, "c")) == [("ClusterLoadAssignment", ["c"])]
    book.table(CLUSTER).put("c", "2")
    assert book.change((CLUSTER, "c")) == [("Cluster", ["c"]), ("ClusterLoadAssignment", ["c"])]


def test_a_changed_cluster_without_endpoints_gets_an_empty_assignment() -> None:
    """A cluster whose endpoints vanished from the source still warms at once."""
    book = _connected()
    book.ask(ENDPOINT, "c")
    book.ask(VIRTUAL_HOST, "80/h")
    book.acknowledge()
    del book.table(ENDPOINT).rows["c"]
    book.table(CLUSTER).put("c", "2")
    book.change((CLUSTER, "c"))
    assert book.sent[1].resources[0].version == ABSENT


def test_a_cluster_that_has_no_assignment_is_sent_alone() -> None:
    """Static and passthrough clusters have no endpoints to follow."""
    book = _connected()
    book.table(CLUSTER).put("passthrough", "1")
    assert book.ask(CLUSTER, "passthrough") == [("Cluster", ["passthrough"])]


def test_a_change_of_everything_goes_from_pointed_at_to_pointing() -> None:
    """One turn: clusters, endpoints, listeners, virtual hosts."""
    book = _connected()
    book.ask(VIRTUAL_HOST, "80/h")
    book.acknowledge()
    for type_url, name in ((VIRTUAL_HOST, "80/h"), (CLUSTER, "c"), (ENDPOINT, "c")):
        book.table(type_url).put(name, "2")
    book.table(LISTENER).put("outbound", "1")
    book.table(LISTENER).everything = ["outbound"]
    changes = [(VIRTUAL_HOST, "80/h"), (LISTENER, "outbound"), (ENDPOINT, "c"), (CLUSTER, "c")]
    assert [word for word, *_ in book.change(*changes)] == [
        "Cluster",
        "ClusterLoadAssignment",
        "Listener",
        "VirtualHost",
    ]


def test_removal_waits_for_the_acknowledgement_of_what_replaces_it() -> None:
    """Make before break: the old cluster goes when the host that left it is acknowledged."""
    book = _connected()
    book.ask(VIRTUAL_HOST, "80/h")
    book.acknowledge()
    book.table(CLUSTER).put("new", "1")
    book.table(ENDPOINT).put("new", "1")
    book.table(VIRTUAL_HOST).put("80/h", "2", needs=((CLUSTER, "new"), (ENDPOINT, "new")))
    del book.table(CLUSTER).rows["c"]
    del book.table(ENDPOINT).rows["c"]
    changes = [(CLUSTER, "c"), (ENDPOINT, "c"), (VIRTUAL_HOST, "80/h")]
    assert book.change(*changes) == [
        ("Cluster", ["new"]),
        ("ClusterLoadAssignment", ["new"]),
        ("VirtualHost", ["80/h"]),
    ]
    assert book.acknowledge() == [("ClusterLoadAssignment", ["c"]), ("Cluster", [], ["c"])]


def test_removal_does_not_wait_for_what_was_said_after_it() -> None:
    """A stream that never falls quiet still gets its removals."""
    book = _connected()
    book.ask(VIRTUAL_HOST, "80/h")
    book.acknowledge()
    book.table(VIRTUAL_HOST).put("80/h", "2")
    del book.table(CLUSTER).rows["c"]
    book.change((CLUSTER, "c"), (VIRTUAL_HOST, "80/h"))
    host = book.sent[0]
    book.table(LISTENER).put("l", "1")
    book.table(LISTENER).everything = ["l"]
    assert book.change((LISTENER, "l")) == [("Listener", ["l"])]
    assert book.say(DiscoveryRequest(VIRTUAL_HOST, nonce=host.nonce)) == [("Cluster", [], ["c"])]


def test_a_resource_that_comes_back_before_its_removal_stays() -> None:
    """A removal that waited is looked at once more before it is said."""
    book = _connected()
    book.ask(VIRTUAL_HOST, "80/h")
    book.acknowledge()
    gone = book.table(CLUSTER).rows.pop("c")
    book.table(VIRTUAL_HOST).put("80/h", "2")
    book.change((CLUSTER, "c"), (VIRTUAL_HOST, "80/h"))
    book.table(CLUSTER).rows["c"] = gone
    assert book.acknowledge() == []


def test_a_new_version_in_place_of_a_removal_that_waited_goes_out() -> None:
    """What came back while its removal waited is sent at once, not with the next change."""
    book = _connected()
    book.ask(VIRTUAL_HOST, "80/h")
    book.acknowledge()
    del book.table(CLUSTER).rows["c"]
    book.table(VIRTUAL_HOST).put("80/h", "2")
    book.change((CLUSTER, "c"), (VIRTUAL_HOST, "80/h"))
    book.table(CLUSTER).put("c", "2")
    assert book.acknowledge() == [("Cluster", ["c"]), ("ClusterLoadAssignment", ["c"])]


def test_a_listener_is_replaced_in_one_response() -> None:
    """Envoy takes a new listener on an old address only together with the old one's removal."""
    book = _connected()
    listeners = book.table(LISTENER)
    listeners.put("old", "1")
    listeners.everything = ["old"]
    book.change((LISTENER, "old"))
    book.acknowledge()
    del listeners.rows["old"]
    listeners.put("new", "1")
    listeners.everything = ["new"]
    assert book.change((LISTENER, "old"), (LISTENER, "new")) == [("Listener", ["new"], ["old"])]


def test_a_later_route_configuration_takes_its_hosts_along() -> None:
    """Envoy asks for all hosts once a stream; a second port's routes would warm for 15 s."""
    book = _connected()
    hosts = book.table(VIRTUAL_HOST)
    hosts.put("81/_", "1")
    hosts.everything = ["80/_", "81/_"]
    assert book.change((VIRTUAL_HOST, "81/_")) == [("VirtualHost", ["81/_"])]
    book.acknowledge()
    book.table(ROUTE).put("81", "1")
    assert book.ask(ROUTE, "81") == [("RouteConfiguration", ["81"]), ("VirtualHost", ["81/_"])]


def test_nothing_of_a_type_is_pushed_before_its_first_request() -> None:
    """A client that has not opened a type gets what is due when it opens it."""
    book = Book({})
    book.table(CLUSTER).put("c", "1")
    book.table(CLUSTER).everything = ["c"]
    book.table(ENDPOINT).put("c", "1")
    assert book.ask(CLUSTER) == [("Cluster", ["c"])]
    assert book.ask(ENDPOINT, "c") == [("ClusterLoadAssignment", ["c"])]
    assert book.acknowledge() == []


def test_endpoints_decided_after_their_cluster_follow_it_unasked() -> None:
    """Where the assignment comes later than the cluster (a relay), it goes out as it comes."""
    book = _connected()
    book.table(ENDPOINT).unknown.add("late")
    book.table(CLUSTER).put("late", "1")
    assert book.ask(CLUSTER, "late") == [("Cluster", ["late"])]
    book.table(ENDPOINT).unknown.clear()
    book.table(ENDPOINT).put("late", "1")
    assert book.change((ENDPOINT, "late")) == [("ClusterLoadAssignment", ["late"])]


class _Broken(Table):
    def wildcard(self) -> list[str]:
        raise RuntimeError("catalog is broken")


def test_a_fault_in_one_type_leaves_the_others_alone() -> None:
    """An exception in one type's code is reported, and the stream of the others goes on."""
    book = Book({LISTENER: _Broken(LISTENER)})
    book.table(CLUSTER).everything = ["c"]
    book.table(CLUSTER).put("c", "1")
    book.stream.receive(DiscoveryRequest(LISTENER))
    book.stream.receive(DiscoveryRequest(CLUSTER))
    said = book.stream.turn()
    assert [type(each).__name__ for each in said] == ["Send", "StreamFailed"]
    assert isinstance(said[1], StreamFailed)
    assert said[1].type_url == LISTENER


def _reconnecting() -> Book:
    """A client that held host `h` on cluster `old` and is back while all moved to `new`."""
    book = Book({})
    for type_url in (CLUSTER, ENDPOINT):
        book.table(type_url).put("old", "1")
        book.table(type_url).put("new", "1")
    book.table(CLUSTER).everything = ["old", "new"]
    book.table(VIRTUAL_HOST).put("80/h", "2")
    book.table(VIRTUAL_HOST).everything = ["80/h"]
    assert book.ask(CLUSTER, "*", initial={"old": "1"}) == [("Cluster", ["new"])]
    return book


def test_a_reconnecting_client_hears_endpoints_before_what_points_at_them() -> None:
    """It asks for endpoints last; a host sent before would point at a cluster that still warms."""
    book = _reconnecting()
    assert book.ask(VIRTUAL_HOST, "*", "80/h", initial={"80/h": "1"}) == []
    assert book.ask(ENDPOINT, "old", initial={"old": "1"}) == [
        ("ClusterLoadAssignment", ["new"]),
        ("VirtualHost", ["80/h"]),
    ]


def test_a_client_that_takes_a_cluster_without_endpoints_is_not_kept_waiting() -> None:
    """Its acknowledgement, or refusal, of the cluster says that nothing warms."""
    for error in (None, "no"):
        book = _reconnecting()
        (cluster,) = book.sent
        assert book.ask(VIRTUAL_HOST, "*", "80/h", initial={"80/h": "1"}) == []
        said = book.say(DiscoveryRequest(CLUSTER, nonce=cluster.nonce, error=error))
        assert ("VirtualHost", ["80/h"]) in said


def test_what_a_relay_sees_is_told_ahead_of_what_it_then_sees() -> None:
    """A changed view goes first, and does not wait for the ACK of the one before."""
    book = _connected()
    book.ask(VIRTUAL_HOST, "80/h")
    book.acknowledge()
    book.table(VIEWS).put("pod.ns", "1")
    book.ask(VIEWS, "pod.ns")
    book.table(VIEWS).put("pod.ns", "2")
    book.table(VIRTUAL_HOST).put("80/h", "2")
    said = book.change((VIRTUAL_HOST, "80/h"), (VIEWS, "pod.ns"))
    assert said == [("Views", ["pod.ns"]), ("VirtualHost", ["80/h"])]
