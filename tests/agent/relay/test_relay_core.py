"""The relay as conversations: with the proxy on one side, the plane on the other, and time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gossamer.agent.relay.core import (
    PATIENCE_S,
    Command,
    Down,
    Keep,
    Later,
    Lose,
    RelayCore,
    Remember,
    Up,
    Wait,
)
from gossamer.agent.relay.needs import clusters_of
from gossamer.agent.relay.stand_in import AWAY
from gossamer.contract.type_urls import (
    CLUSTER,
    ENDPOINT,
    EXTENSION,
    LISTENER,
    SECRET,
    VIEWS,
    VIRTUAL_HOST,
)
from gossamer.xds import wire
from gossamer.xds.events import UNDECIDED
from gossamer.xds.frame import (
    ABSENT,
    DiscoveryRequest,
    DiscoveryResponse,
    Node,
    Resource,
    body_of,
    frame_absent,
    frame_resource,
)

NODE = Node("web-1.ns", "web.ns")


def _core(
    kept: Mapping[str, Mapping[str, Resource]] | None = None,
    remembered: Mapping[str, Iterable[str]] | None = None,
    neighbour: Mapping[tuple[str, str], Resource] | None = None,
) -> RelayCore:
    lent = neighbour or {}
    return RelayCore(NODE, kept or {}, remembered or {}, lambda t, name: lent.get((t, name)))


def _resource(type_url: str, name: str, version: str = "1") -> Resource:
    return frame_resource(type_url, name, version, b"")


def _host(name: str, *clusters: str, version: str = "1") -> Resource:
    """A virtual host with a route to each cluster."""
    routes = b"".join(wire.field(3, wire.field(2, wire.text(1, c))) for c in clusters)
    return frame_resource(VIRTUAL_HOST, name, version, wire.text(1, name) + routes, (name,))


def _answer(core: RelayCore, type_url: str, *resources: Resource, **more: Any) -> list[Any]:
    return core.received(DiscoveryResponse(type_url, more.pop("nonce", "n"), resources, **more))


def test_an_opening_says_all_names_and_versions() -> None:
    """The plane hears what is asked and held, so that it sends only what changed."""
    held = _resource(CLUSTER, "c")
    core = _core({CLUSTER: {"c": held}}, {VIRTUAL_HOST: ["80/a"]})
    first, *others = core.opening()
    assert first == DiscoveryRequest(VIEWS, ("web-1.ns",), node=NODE)
    assert others[0] == DiscoveryRequest(ENDPOINT)
    assert others[1] == DiscoveryRequest(CLUSTER, ("*",), initial={"c": "1"})
    assert [(r.type_url, r.subscribe) for r in others[2:]] == [
        (EXTENSION, ()),
        (LISTENER, ("*",)),
        (VIRTUAL_HOST, ("*", "80/a")),
    ]


def _eds_cluster(name: str) -> Resource:
    """A cluster whose endpoints come apart."""
    return frame_resource(CLUSTER, name, "1", wire.text(1, name) + wire.field(3, b""))


def _waiting_cluster() -> tuple[RelayCore, Resource]:
    """A relay that was just told of a new cluster, and not of its endpoints yet."""
    core, cluster = _core(), _eds_cluster("c")
    _answer(core, CLUSTER)
    core.asked(CLUSTER, ("c",))
    assert _answer(core, CLUSTER, cluster, nonce="2") == [Wait(PATIENCE_S, CLUSTER, ("c",))]
    assert core.cache.get(CLUSTER, "c") is UNDECIDED
    return core, cluster


def nonce_of(command: Command) -> str:
    assert isinstance(command, Up)
    return command.request.nonce


def test_a_new_cluster_waits_for_its_endpoints() -> None:
    """Both go to disk and down together, and only then may the plane hear that it is there."""
    core, cluster = _waiting_cluster()
    assert [nonce_of(up) for up in core.settle({})] == ["n"]
    endpoints = _resource(ENDPOINT, "c")
    assert _answer(core, ENDPOINT, endpoints, nonce="3") == [
        Keep(ENDPOINT, endpoints),
        Keep(CLUSTER, cluster),
        Remember(CLUSTER, ("c",)),
        Down(CLUSTER, ("c",)),
        Down(ENDPOINT, ("*", "c")),
    ]
    assert [nonce_of(up) for up in core.settle({CLUSTER: ["c"]})] == ["3"]
    assert [nonce_of(up) for up in core.settle({})] == ["2"]


def test_a_cluster_whose_endpoints_do_not_come_goes_alone_in_time() -> None:
    """Envoy warms it then, as it would without a relay."""
    core, cluster = _waiting_cluster()
    assert core.waited(CLUSTER, ("c",)) == [
        Keep(CLUSTER, cluster),
        Remember(CLUSTER, ("c",)),
        Down(CLUSTER, ("c",)),
    ]
    assert core.waited(CLUSTER, ("c",)) == []


def test_a_cluster_held_back_when_the_plane_is_lost_comes_again() -> None:
    """Nothing says that it is held, and endpoints alone bring nothing down."""
    core, _ = _waiting_cluster()
    core.lost()
    opening = {request.type_url: request for request in core.opening()}
    assert (opening[CLUSTER].subscribe, dict(opening[CLUSTER].initial)) == (("*", "c"), {})
    _answer(core, ENDPOINT, _resource(ENDPOINT, "c"))
    assert core.cache.get(CLUSTER, "c") is UNDECIDED


def test_a_cluster_held_back_may_go_again() -> None:
    """The plane takes it back before its endpoints came."""
    core, _ = _waiting_cluster()
    _answer(core, CLUSTER, removed=("c",))
    _answer(core, ENDPOINT, _resource(ENDPOINT, "c"))
    assert core.cache.get(CLUSTER, "c") is None


def test_the_first_clusters_are_not_held_back() -> None:
    """Envoy waits for the first answer with all else, and asks for the endpoints itself."""
    core, cluster = _core(), _eds_cluster("c")
    assert _answer(core, CLUSTER, cluster) == [Keep(CLUSTER, cluster), Down(CLUSTER, ("*", "c"))]


def test_a_changed_cluster_is_not_held_back() -> None:
    """Its endpoints are known."""
    cluster, endpoints = _eds_cluster("c"), _resource(ENDPOINT, "c")
    core = _core({CLUSTER: {"c": cluster}, ENDPOINT: {"c": endpoints}})
    _answer(core, CLUSTER)
    changed = frame_resource(CLUSTER, "c", "2", wire.text(1, "c") + wire.field(3, b""))
    assert _answer(core, CLUSTER, changed) == [Keep(CLUSTER, changed), Down(CLUSTER, ("c",))]


def test_an_ask_goes_up_and_its_answer_down() -> None:
    """Names go up, frames go to disk first and then down, and the use is remembered."""
    core = _core()
    core.opened()
    assert core.asked(VIRTUAL_HOST, ("80/a",)) == [
        Up(DiscoveryRequest(VIRTUAL_HOST, ("80/a",))),
        Wait(PATIENCE_S, VIRTUAL_HOST, ("80/a",)),
    ]
    assert core.cache.get(VIRTUAL_HOST, "80/a") is UNDECIDED
    host = _host("80/a")
    assert _answer(core, VIRTUAL_HOST, host) == [
        Keep(VIRTUAL_HOST, host),
        Remember(VIRTUAL_HOST, ("80/a",)),
        Down(VIRTUAL_HOST, ("*", "80/a")),
    ]
    assert core.cache.get(VIRTUAL_HOST, "80/a") == host
    assert core.waited(VIRTUAL_HOST, ("80/a",)) == []


def test_the_plane_hears_the_verdict_of_the_proxy() -> None:
    """A response is acknowledged when the proxy has acknowledged the last of it."""
    core = _core()
    core.opened()
    _answer(core, CLUSTER, _resource(CLUSTER, "c"), _resource(CLUSTER, "d"), nonce="7")
    assert core.settle({CLUSTER: {"c", "d"}}) == []
    assert core.settle({CLUSTER: {"d"}}) == []
    assert core.settle({}) == [Up(DiscoveryRequest(CLUSTER, nonce="7"))]
    assert core.settle({}) == []


def test_a_refusal_goes_up_in_the_proxys_words_and_the_last_good_stays() -> None:
    """A NACK reaches the plane; shelf and disk go back to what the proxy still runs."""
    good, bad = _resource(LISTENER, "l", "1"), _resource(LISTENER, "l", "2")
    core = _core({LISTENER: {"l": good}})
    core.opened()
    _answer(core, LISTENER, bad, nonce="8")
    assert core.rejected(LISTENER, "l", "2", "no such filter") == [Keep(LISTENER, good)]
    assert core.settle({}) == [Up(DiscoveryRequest(LISTENER, nonce="8", error="no such filter"))]
    assert core.cache.get(LISTENER, "l") == good


def test_a_version_refused_once_is_refused_without_asking_the_proxy() -> None:
    """When the plane looks for the bad one of a response, the proxy is left in peace."""
    bad, fine = _resource(CLUSTER, "bad"), _resource(CLUSTER, "fine")
    core = _core()
    core.opened()
    _answer(core, CLUSTER, bad, fine, nonce="1")
    core.rejected(CLUSTER, "bad", "1", "bad cluster")
    core.acked(CLUSTER, {"fine": "1"})
    assert core.settle({}) == [Up(DiscoveryRequest(CLUSTER, nonce="1", error="bad cluster"))]
    assert _answer(core, CLUSTER, fine, nonce="2") == []
    assert core.settle({}) == [Up(DiscoveryRequest(CLUSTER, nonce="2"))]
    assert _answer(core, CLUSTER, bad, nonce="3") == []
    assert core.settle({}) == [Up(DiscoveryRequest(CLUSTER, nonce="3", error="bad cluster"))]
    fixed = _resource(CLUSTER, "bad", "2")
    assert Keep(CLUSTER, fixed) in _answer(core, CLUSTER, fixed, nonce="4")
    assert core.refused == {}


def test_who_waits_for_a_refused_name_without_a_last_good_is_told_no() -> None:
    """A first answer that Envoy refuses leaves nothing, not something to wait for."""
    core = _core()
    core.opened()
    core.asked(VIRTUAL_HOST, ("80/a",))
    _answer(core, VIRTUAL_HOST, _host("80/a"))
    assert core.rejected(VIRTUAL_HOST, "80/a", "1", "no") == [Lose(VIRTUAL_HOST, "80/a")]
    assert core.cache.get(VIRTUAL_HOST, "80/a") is None


def test_an_unseen_host_gets_an_honest_503_while_the_plane_is_away() -> None:
    """Nothing hangs: a stand-in says why, never reaches the disk, and gives way to the plane."""
    core = _core()
    assert core.asked(VIRTUAL_HOST, ("80/shop:80",)) == [
        Up(DiscoveryRequest(VIRTUAL_HOST, ("80/shop:80",))),
        Wait(PATIENCE_S, VIRTUAL_HOST, ("80/shop:80",)),
    ]
    assert core.waited(VIRTUAL_HOST, ("80/shop:80",)) == [Down(VIRTUAL_HOST, ("80/shop:80",))]
    says = core.cache.get(VIRTUAL_HOST, "80/shop:80")
    assert isinstance(says, Resource)
    assert says.version == AWAY
    assert b"has never used shop:80" in (body_of(says) or b"")
    assert core.opening()[-1].subscribe == ("*", "80/shop:80")
    assert core.opening()[-1].initial == {}
    host = _host("80/shop:80")
    core.opened()
    assert Keep(VIRTUAL_HOST, host) in _answer(core, VIRTUAL_HOST, host)
    assert core.cache.get(VIRTUAL_HOST, "80/shop:80") == host


def test_the_stand_in_is_a_virtual_host_that_envoy_can_read() -> None:
    """One domain, the asked host; one route for everything; a 503 with a body."""
    from envoy.config.route.v3 import route_components_pb2

    core = _core()
    core.waited(VIRTUAL_HOST, ("80/shop",))
    made = core.cache.get(VIRTUAL_HOST, "80/shop")
    assert isinstance(made, Resource)
    read = route_components_pb2.VirtualHost.FromString(body_of(made) or b"")
    assert list(read.domains) == ["shop"]
    assert read.routes[0].match.prefix == "/"
    assert read.routes[0].direct_response.status == 503
    assert "the control plane is unavailable" in read.routes[0].direct_response.body.inline_string


def test_endpoints_never_leave_a_cluster_warming() -> None:
    """Endpoints of a plane that is away are empty at once: Envoy's CDS must not stall."""
    core = _core()
    assert core.asked(ENDPOINT, ("c",))[-1] == Wait(0.0, ENDPOINT, ("c",))
    core.waited(ENDPOINT, ("c",))
    empty = core.cache.get(ENDPOINT, "c")
    assert isinstance(empty, Resource)
    assert empty.version == ABSENT


def test_an_unseen_cluster_is_answered_no() -> None:
    """An on-demand cluster fails at once while the plane is away, and comes when it is back."""
    core = _core()
    core.asked(CLUSTER, ("tcp|1.2.3.4:5",))
    core.waited(CLUSTER, ("tcp|1.2.3.4:5",))
    assert core.cache.get(CLUSTER, "tcp|1.2.3.4:5") is None
    cluster = _resource(CLUSTER, "tcp|1.2.3.4:5")
    assert _answer(core, CLUSTER, cluster)[-1] == Down(CLUSTER, ("*", "tcp|1.2.3.4:5"))


def test_when_the_plane_dies_its_open_questions_are_answered() -> None:
    """An ask that was on its way when the plane died does not wait out the long patience."""
    core = _core()
    core.opened()
    core.asked(VIRTUAL_HOST, ("80/a",))
    core.asked(ENDPOINT, ("c",))
    assert core.lost() == [
        Wait(PATIENCE_S, VIRTUAL_HOST, ("80/a",)),
        Wait(0.0, ENDPOINT, ("c",)),
    ]


def test_secrets_are_waited_for() -> None:
    """There is no stand-in for a secret: traffic without its trust anchors is not wanted."""
    core = _core()
    asked = core.asked(SECRET, ("pins|a",))
    assert asked == [Up(DiscoveryRequest(SECRET, ("pins|a",)))]


def test_unchanged_resources_go_neither_down_nor_to_disk() -> None:
    """A returning plane that says the same costs the proxy nothing."""
    core = _core({CLUSTER: {"c": _resource(CLUSTER, "c")}})
    core.opened()
    _answer(core, CLUSTER)
    assert _answer(core, CLUSTER, _resource(CLUSTER, "c"), nonce="2") == []


def test_from_disk_everything_is_decided() -> None:
    """A restarted Envoy is answered from disk without waiting for the plane."""
    core = _core({LISTENER: {"l": _resource(LISTENER, "l")}})
    assert list(core.cache.wildcard(LISTENER)) == ["l"]  # type: ignore[arg-type]
    assert list(core.cache.wildcard(CLUSTER)) == []  # type: ignore[arg-type]
    assert _core().cache.wildcard(LISTENER) is UNDECIDED


def test_a_negative_answer_is_an_answer() -> None:
    """What the plane says does not exist is told so at once, and asked again on reconnect."""
    core = _core()
    core.opened()
    core.asked(VIRTUAL_HOST, ("80/x",))
    _answer(core, VIRTUAL_HOST, frame_absent("80/x"))
    assert core.cache.get(VIRTUAL_HOST, "80/x") is None
    assert core.opening()[-1] == DiscoveryRequest(
        VIRTUAL_HOST, ("*", "80/x"), initial={"80/x": ABSENT}
    )


def test_a_removed_cluster_takes_its_endpoints_off_the_relay() -> None:
    """Endpoints of a cluster that is gone are neither kept nor subscribed."""
    kept = {CLUSTER: {"c": _resource(CLUSTER, "c")}, ENDPOINT: {"c": _resource(ENDPOINT, "c")}}
    core = _core(kept)
    core.opened()
    assert _answer(core, CLUSTER, removed=("c",)) == [
        Lose(CLUSTER, "c"),
        Lose(ENDPOINT, "c"),
        Up(DiscoveryRequest(ENDPOINT, unsubscribe=("c",))),
        Down(CLUSTER, ("*", "c")),
    ]


def test_a_neighbours_answer_comes_with_all_it_needs() -> None:
    """What a proxy with the same view has is used at once, pointed-at first; the ask goes up
    once the proxy has it."""
    host = _host("80/a", "c")
    cluster, endpoint = _resource(CLUSTER, "c"), _resource(ENDPOINT, "c")
    lent = {(VIRTUAL_HOST, "80/a"): host, (CLUSTER, "c"): cluster, (ENDPOINT, "c"): endpoint}
    core = _core(neighbour=lent)
    core.opened()
    assert core.asked(VIRTUAL_HOST, ("80/a",)) == [
        Keep(ENDPOINT, endpoint),
        Down(ENDPOINT, ("c",)),
        Keep(CLUSTER, cluster),
        Down(CLUSTER, ("c",)),
        Keep(VIRTUAL_HOST, host),
        Down(VIRTUAL_HOST, ("80/a",)),
        Later(DiscoveryRequest(VIRTUAL_HOST, ("80/a",))),
        Remember(VIRTUAL_HOST, ("80/a",)),
    ]


def test_a_restarted_relay_asks_for_what_it_holds_in_the_first_request() -> None:
    """Secrets and routes on disk are named beside their versions, so that none comes again."""
    core = _core({SECRET: {"pins|a": _resource(SECRET, "pins|a", "7")}})
    opening = {request.type_url: request for request in core.opening()}
    asked = opening[SECRET]
    assert (asked.subscribe, dict(asked.initial)) == (("pins|a",), {"pins|a": "7"})
    core.opened()
    assert core.asked(SECRET, ("pins|a",)) == []


def test_a_neighbour_without_the_cluster_is_no_help() -> None:
    """Half an answer would route to a cluster that is not there; the plane is asked instead."""
    core = _core(neighbour={(VIRTUAL_HOST, "80/a"): _host("80/a", "c")})
    core.opened()
    assert core.asked(VIRTUAL_HOST, ("80/a",)) == [
        Up(DiscoveryRequest(VIRTUAL_HOST, ("80/a",))),
        Wait(PATIENCE_S, VIRTUAL_HOST, ("80/a",)),
    ]


def test_routes_tell_their_clusters() -> None:
    """Direct, weighted and mirrored clusters of a real virtual host are found."""
    from envoy.config.route.v3 import route_components_pb2

    host = route_components_pb2.VirtualHost(name="80/a", domains=["a"])
    host.routes.add().route.cluster = "one"
    weighted = host.routes.add().route
    for name in ("two", "three"):
        weighted.weighted_clusters.clusters.add(name=name).weight.value = 50
    weighted.request_mirror_policies.add(cluster="four")
    host.routes.add().redirect.host_redirect = "elsewhere"
    framed = frame_resource(VIRTUAL_HOST, "80/a", "1", host.SerializeToString())
    assert clusters_of(framed) == ["one", "two", "three", "four"]


def test_a_filters_configuration_pushed_ahead_answers_the_proxy_at_once() -> None:
    """The plane sends it before the listener that needs it; the proxy asks, and nobody else is."""
    core = _core()
    _answer(core, EXTENSION, _resource(EXTENSION, "server|access_log|http"))
    assert core.asked(EXTENSION, ["server|access_log|http"]) == []
    known = core.cache.known(EXTENSION, "server|access_log|http")
    assert known is not None
    assert known.version == "1"


def test_a_refused_configuration_of_a_filter_gives_way_to_the_last_good() -> None:
    """Envoy runs on with what it has, and a restarted one gets that from the disk."""
    core = _core()
    good, bad = (_resource(EXTENSION, "server|x|http", version) for version in ("1", "2"))
    _answer(core, EXTENSION, good)
    core.acked(EXTENSION, {good.name: "1"})
    _answer(core, EXTENSION, bad)
    assert core.rejected(EXTENSION, bad.name, "2", "no such field") == [Keep(EXTENSION, good)]
    assert core.refused[EXTENSION, bad.name] == ("2", "no such field")
