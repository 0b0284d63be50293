"""One type on one stream, as conversations with a client."""

from __future__ import annotations

from collections.abc import Collection

from gossamer.contract.type_urls import CLUSTER, ENDPOINT, LISTENER, SECRET, VIRTUAL_HOST
from gossamer.xds.events import (
    UNDECIDED,
    Ack,
    Acked,
    Answer,
    Changed,
    Nack,
    Rejected,
    StreamFailed,
    Subscribe,
    Unsubscribe,
    Used,
)
from gossamer.xds.frame import ABSENT, Resource, frame_resource
from gossamer.xds.stream.subscription import Subscription
from tests.xds.playbook import Playbook, Table, kind_of, nothing


def _over(table: Table, names_at_most: int = 100) -> Playbook:
    return Playbook(Subscription(kind_of(table.type_url), table, names_at_most))


def test_an_asked_name_is_answered_and_then_kept_up_to_date() -> None:
    """A name stays subscribed: each new version is pushed, an equal one is not."""
    table = Table(ENDPOINT)
    table.put("a", "1")
    book = _over(table)
    assert book >> Subscribe(("a",)) << Used(ENDPOINT, ("a",)) << ("1", {"a": "1"}, [])
    assert book >> Ack("1") << nothing >> Changed(["a", "b"]) << nothing
    table.put("a", "2")
    assert book >> Changed(["a"]) << ("2", {"a": "2"}, [])


def test_the_first_empty_request_asks_for_everything() -> None:
    """Legacy wildcard: CDS, LDS and VHDS open with an empty list, and get even an empty answer."""
    table = Table(CLUSTER)
    assert _over(table) >> Subscribe() << ("1", {}, []) >> Ack("1") << nothing


def test_an_empty_first_request_of_endpoints_only_opens_the_type() -> None:
    """Endpoints have no wildcard; what is pushed ahead may follow once the type is open."""
    table = Table(ENDPOINT)
    table.put("a", "1")
    book = _over(table)
    assert book >> Subscribe() << nothing
    book.subscription.push(["a"])
    assert book >> Changed([]) << ("1", {"a": "1"}, [])


def test_what_enters_the_wildcard_is_pushed_and_what_does_not_is_not() -> None:
    """A wildcard client hears of newcomers in the wildcard, and of nothing beyond it."""
    table = Table(CLUSTER)
    book = _over(table)
    assert book >> Subscribe() << ("1", {}, []) >> Ack("1") << nothing
    table.put("a", "1")
    table.put("other", "1")
    table.everything = ["a"]
    assert book >> Changed(["a", "other"]) << ("2", {"a": "1"}, [])


def test_what_left_the_wildcard_and_is_gone_is_taken_away() -> None:
    """A survey of everything also finds what the client holds and nobody has any more."""
    table = Table(LISTENER)
    table.put("a", "1")
    table.put("b", "1")
    table.everything = ["a"]
    book = _over(table)
    assert book >> Subscribe() << ("1", {"a": "1"}, []) >> Ack("1") << nothing
    del table.rows["a"]
    table.everything = ["b"]
    assert book >> Changed(["*"]) << ("2", {"b": "1"}, ["a"])


def test_one_response_in_flight_coalesces_to_the_latest() -> None:
    """However often a resource changes while the client is busy, it is sent once, the latest."""
    table = Table(ENDPOINT)
    table.put("a", "1")
    book = _over(table)
    assert book >> Subscribe(("a",)) << Used(ENDPOINT, ("a",)) << ("1", {"a": "1"}, [])
    for version in range(2, 50):
        table.put("a", str(version))
        assert book >> Changed(["a"]) << nothing
    assert book >> Ack("1") << ("2", {"a": "49"}, []) >> Ack("2") << nothing


def test_clusters_do_not_wait_for_acknowledgements() -> None:
    """Envoy withholds a CDS ACK while a cluster warms; another cluster must not wait for it."""
    table = Table(CLUSTER)
    table.put("a", "1")
    table.put("b", "1")
    book = _over(table)
    assert book >> Subscribe() << ("1", {}, [])
    assert book >> Subscribe(("a",)) << Used(CLUSTER, ("a",)) << ("2", {"a": "1"}, [])
    assert book >> Subscribe(("b",)) << Used(CLUSTER, ("b",)) << ("3", {"b": "1"}, [])


def test_a_client_that_never_acknowledges_is_not_sent_every_change() -> None:
    """Even clusters are bounded in flight, and coalesce behind the bound."""
    table = Table(CLUSTER)
    table.everything = ["a"]
    table.put("a", "0")
    subscription = Subscription(kind_of(CLUSTER), table)
    subscription.feed(Subscribe())
    sent = 0
    for version in range(1, 100):
        sent += subscription.compose() is not None
        table.put("a", str(version))
        subscription.feed(Changed(["a"]))
    assert sent == 16


def test_reconnecting_with_what_it_holds_costs_nothing() -> None:
    """Equal versions are not sent again; changed ones are; names listed only there count too."""
    table = Table(ENDPOINT)
    for name in ("same", "newer", "unasked"):
        table.put(name, "2")
    held = {"same": "2", "newer": "1", "unasked": "2"}
    book = _over(table)
    assert (
        book
        >> Subscribe(("same", "newer"), held)
        << Used(ENDPOINT, ("same", "newer"))
        << ("1", {"newer": "2"}, [])
    )
    table.put("unasked", "3")
    assert book >> Ack("1") << nothing >> Changed(["unasked"]) << ("2", {"unasked": "3"}, [])


def test_reconnecting_by_star_and_names_is_a_wildcard() -> None:
    """On reconnect the wildcard is spelled, and held names that vanished are taken away."""
    table = Table(VIRTUAL_HOST)
    table.put("80/_", "1")
    table.everything = ["80/_"]
    held = {"80/_": "1", "80/gone": "1"}
    book = _over(table)
    assert (
        book
        >> Subscribe(("*", "80/gone"), held)
        << Used(VIRTUAL_HOST, ("80/gone",))
        << ("1", {}, ["80/gone"])
    )


def test_a_host_nobody_knows_is_answered_and_comes_when_it_appears() -> None:
    """VHDS: a body-less entry ends the wait; the host is pushed, unasked, once it exists."""
    table = Table(VIRTUAL_HOST)
    book = _over(table)
    assert book >> Subscribe() << ("1", {}, []) >> Ack("1") << nothing
    asked = Used(VIRTUAL_HOST, ("80/x",))
    assert book >> Subscribe(("80/x",)) << asked << ("2", {"80/x": ABSENT}, [])
    assert book >> Ack("2") << nothing >> Changed(["80/x"]) << nothing
    table.put("80/x", "1")
    assert book >> Changed(["80/x"]) << ("3", {"80/x": "1"}, []) >> Ack("3") << nothing
    del table.rows["80/x"]
    assert book >> Changed(["80/x"]) << ("4", {}, ["80/x"]) >> Ack("4") << nothing
    table.put("80/x", "2")
    assert book >> Changed(["80/x"]) << ("5", {"80/x": "2"}, [])


def test_negative_answers_differ_by_type() -> None:
    """A cluster is among the removed, endpoints are an empty assignment, a secret waits."""
    for type_url, answer in (
        (CLUSTER, ("1", {}, ["x"])),
        (ENDPOINT, ("1", {"x": ABSENT}, [])),
        (SECRET, nothing),
    ):
        book = _over(Table(type_url))
        assert book >> Subscribe(("x",)) << Used(type_url, ("x",)) << answer


def test_an_undecided_name_waits_without_an_answer() -> None:
    """A source that cannot tell yet says nothing; the answer goes out when it can."""
    table = Table(VIRTUAL_HOST, unknown={"80/x"}, everything=UNDECIDED)
    book = _over(table)
    assert book >> Subscribe() << nothing
    assert book >> Subscribe(("80/x",)) << Used(VIRTUAL_HOST, ("80/x",)) << nothing
    table.unknown.clear()
    assert book >> Changed(["80/x"]) << ("1", {"80/x": ABSENT}, [])
    table.everything = []
    assert book >> Ack("1") << ("2", {}, [])


def test_a_refused_resource_is_found_and_its_neighbours_arrive() -> None:
    """A NACK is for all of a response: each goes again alone, and only the bad one is refused."""
    table = Table(ENDPOINT)
    for name in ("a", "bad", "c"):
        table.put(name, "1")
    book = _over(table)
    names = ("a", "bad", "c")
    assert (
        book
        >> Subscribe(names)
        << Used(ENDPOINT, names)
        << ("1", {"a": "1", "bad": "1", "c": "1"}, [])
        >> Nack("1", "bad is bad")
        << ("2", {"a": "1"}, [])
        >> Ack("2")
        << ("3", {"bad": "1"}, [])
        >> Nack("3", "bad is bad")
        << Rejected(ENDPOINT, "bad", "1", "bad is bad")
        << ("4", {"c": "1"}, [])
        >> Ack("4")
        << ("5", {"bad": ABSENT}, [])
        >> Ack("5")
        >> Changed(["bad"])
        << nothing
    )
    table.put("bad", "2")
    assert book >> Changed(["bad"]) << ("6", {"bad": "2"}, [])


def test_a_refused_version_is_never_sent_again_and_the_older_one_stays() -> None:
    """Last good wins: after a NACK the client keeps what it had, and going back costs nothing."""
    table = Table(LISTENER)
    table.everything = ["l"]
    table.put("l", "1")
    book = _over(table)
    assert book >> Subscribe() << ("1", {"l": "1"}, []) >> Ack("1") << nothing
    table.put("l", "2")
    assert book >> Changed(["l"]) << ("2", {"l": "2"}, [])
    assert (
        book >> Nack("2", "no") << Rejected(LISTENER, "l", "2", "no") >> Changed(["l"]) << nothing
    )
    table.put("l", "1")
    assert book >> Changed(["l"]) << nothing


def test_who_waits_for_a_refused_host_is_told_no() -> None:
    """A first ask whose answer Envoy refuses ends in a negative answer, not in a hang."""
    table = Table(VIRTUAL_HOST)
    table.put("80/x", "1")
    book = _over(table)
    assert book >> Subscribe() << ("1", {}, []) >> Ack("1") << nothing
    assert book >> Subscribe(("80/x",)) << Used(VIRTUAL_HOST, ("80/x",)) << ("2", {"80/x": "1"}, [])
    assert (
        book
        >> Nack("2", "regex")
        << Rejected(VIRTUAL_HOST, "80/x", "1", "regex")
        << ("3", {"80/x": ABSENT}, [])
    )


def test_asking_again_is_answered_again() -> None:
    """A client that re-subscribes has dropped what it held; equal or not, it is sent."""
    table = Table(ENDPOINT)
    table.put("a", "1")
    book = _over(table)
    assert book >> Subscribe(("a",)) << Used(ENDPOINT, ("a",)) << ("1", {"a": "1"}, []) >> Ack("1")
    assert book >> Subscribe(("a",)) << ("2", {"a": "1"}, [])


def test_asking_for_what_was_pushed_ahead_is_already_answered() -> None:
    """Envoy asks for the endpoints of a pushed cluster; they are not sent twice."""
    table = Table(ENDPOINT)
    table.put("a", "1")
    book = _over(table)
    assert book >> Subscribe() << nothing
    book.subscription.push(["a"])
    assert book >> Changed([]) << ("1", {"a": "1"}, []) >> Ack("1") << nothing
    assert book >> Subscribe(("a",)) << Used(ENDPOINT, ("a",)) << nothing


def test_unsubscribing_ends_the_pushes() -> None:
    """What a client dropped is no longer sent, and is sent anew when asked again."""
    table = Table(ENDPOINT)
    table.put("a", "1")
    book = _over(table)
    assert book >> Subscribe(("a",)) << Used(ENDPOINT, ("a",)) << ("1", {"a": "1"}, []) >> Ack("1")
    table.put("a", "2")
    assert book >> Unsubscribe(("a",)) << nothing >> Changed(["a"]) << nothing
    assert book >> Subscribe(("a",)) << Used(ENDPOINT, ("a",)) << ("2", {"a": "2"}, [])


def test_names_beyond_the_cap_are_answered_and_forgotten() -> None:
    """Callers choose Host headers: past the bound each ask is a negative answer and no memory."""
    table = Table(VIRTUAL_HOST)
    book = _over(table, names_at_most=1)
    assert book >> Subscribe() << ("1", {}, []) >> Ack("1") << nothing
    assert (
        book >> Subscribe(("80/a",)) << Used(VIRTUAL_HOST, ("80/a",)) << ("2", {"80/a": ABSENT}, [])
    )
    assert book >> Ack("2") >> Subscribe(("80/b",)) << ("3", {"80/b": ABSENT}, []) >> Ack("3")
    assert set(book.subscription.holding.asked) == {"80/a"}
    table.put("80/b", "1")
    assert book >> Changed(["80/b"]) << nothing


class _Aliased:
    """A shelf whose resource goes by another name than was asked."""

    def __init__(self) -> None:
        self.resource: Resource | None = frame_resource(
            VIRTUAL_HOST, "real", "1", b"", ("80/a", "80/b")
        )

    def get(self, name: str) -> Answer:
        return self.resource if name in ("real", "80/a", "80/b") else None

    def wildcard(self) -> Collection[str]:
        return []


def test_aliases_are_asked_and_the_real_name_is_held() -> None:
    """VHDS subscribes by alias and reports versions by name: both mean the one resource."""
    source = _Aliased()
    book = Playbook(Subscription(kind_of(VIRTUAL_HOST), source))
    start = book >> Subscribe(("*", "80/a"), {"real": "1"})
    assert start << Used(VIRTUAL_HOST, ("80/a",)) << ("1", {}, []) >> Ack("1") << nothing
    other = Used(VIRTUAL_HOST, ("80/b",))
    assert book >> Subscribe(("80/b",)) << other << ("2", {"real": "1"}, []) >> Ack("2")
    source.resource = None
    assert book >> Changed(["80/b", "real"]) << ("3", {}, ["real"])


class _Raising(Table):
    def get(self, name: str) -> Answer:
        if name == "bad":
            raise KeyError(name)
        return super().get(name)


def test_a_name_whose_source_raises_does_not_silence_the_others() -> None:
    """One fault is reported with its name; the rest of the response goes out."""
    table = _Raising(ENDPOINT)
    table.put("a", "1")
    book = _over(table)
    played = (
        book >> Subscribe(("bad", "a")) << Used(ENDPOINT, ("bad", "a")) << ("1", {"a": "1"}, [])
    )
    failed = played.out.pop(0)
    assert isinstance(failed, StreamFailed)
    assert (failed.name, type(failed.error)) == ("bad", KeyError)


def test_stale_nonces_mean_nothing() -> None:
    """An ACK or NACK of a response nobody remembers changes nothing."""
    table = Table(ENDPOINT)
    table.put("a", "1")
    book = _over(table)
    assert book >> Subscribe(("a",)) << Used(ENDPOINT, ("a",)) << ("1", {"a": "1"}, [])
    assert book >> Nack("99", "old") << nothing >> Ack("98") << nothing


def test_acknowledgements_name_what_was_applied() -> None:
    """The owner learns which versions are live at the client."""
    table = Table(ENDPOINT)
    table.put("a", "1")
    book = Playbook(Subscription(kind_of(ENDPOINT), table), with_acks="yes")
    assert book >> Subscribe(("a",)) << Used(ENDPOINT, ("a",)) << ("1", {"a": "1"}, [])
    assert book >> Ack("1") << Acked(ENDPOINT, {"a": "1"})


def test_a_no_in_place_of_a_refused_resource_is_not_its_acknowledgement() -> None:
    """A refusal is not over because the client took the negative answer that ended its wait."""
    table = Table(VIRTUAL_HOST)
    table.put("80/x", "1")
    book = Playbook(Subscription(kind_of(VIRTUAL_HOST), table), with_acks="yes")
    assert book >> Subscribe(("80/x",)) << Used(VIRTUAL_HOST, ("80/x",)) << ("1", {"80/x": "1"}, [])
    book >> Nack("1", "no") << Rejected(VIRTUAL_HOST, "80/x", "1", "no")
    assert book << ("2", {"80/x": ABSENT}, []) >> Ack("2") << Acked(VIRTUAL_HOST, {})
    table.put("80/x", "2")
    assert book >> Changed(["80/x"]) << ("3", {"80/x": "2"}, [])
    assert book >> Ack("3") << Acked(VIRTUAL_HOST, {"80/x": "2"})
