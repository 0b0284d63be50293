"""The rules of identity, each as a promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gossamer.identity.plan import (
    AttestedPod,
    CsrRefused,
    SpiffeId,
    backdate,
    lifetime_of,
    may_sign_agent,
    may_sign_pod,
    may_speak_for,
    pod_template,
    renew_at,
)

POD = AttestedPod("shop", "cart-1", "cart", host="east")
EAST = SpiffeId.of_agent("east")


def test_ids_survive_text_and_back() -> None:
    """Every id that the mesh makes is read back as the same value."""
    for made in (SpiffeId.of_account("shop", "cart"), EAST, SpiffeId.of_plane("corp.example")):
        assert SpiffeId.parse(str(made)) == made


def test_ids_tell_accounts_from_agents() -> None:
    """A workload's id is never taken for an agent's, nor the other way round."""
    cart = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart")
    assert (cart.account, cart.agent_host) == (("shop", "cart"), None)
    assert (EAST.account, EAST.agent_host) == (None, "east")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://cluster.local/ns/a/sa/b",
        "spiffe://",
        "spiffe://Cluster.local/ns/a/sa/b",
        "spiffe://cluster.local",
        "spiffe://cluster.local/",
        "spiffe://cluster.local/ns//sa/b",
        "spiffe://cluster.local/ns/a/sa/b/",
        "spiffe://cluster.local/ns/../sa/b",
        "spiffe://cluster.local:99/ns/a/sa/b",
        "spiffe://cluster.local/ns/a/sa/b?x=1",
        "spiffe://cluster.local/ns/a/sa/" + "b" * 2048,
    ],
)
def test_malformed_ids_are_refused(text: str) -> None:
    """What SPIFFE does not allow is an error, never a lenient guess."""
    with pytest.raises(ValueError, match="not a SPIFFE id"):
        SpiffeId.parse(text)


def test_an_agent_may_ask_for_a_pod_of_its_host() -> None:
    """The template comes from what was observed: account and `POD.NS`."""
    template = may_sign_pod(EAST, "shop/cart-1", POD)
    assert str(template.spiffe) == "spiffe://cluster.local/ns/shop/sa/cart"
    assert template.dns == ("cart-1.shop",)
    assert template.lifetime == timedelta(hours=24)


@pytest.mark.parametrize(
    ("caller", "attested"),
    [
        (SpiffeId.of_agent("west"), POD),
        (EAST, None),
        (SpiffeId.of_account("shop", "cart"), POD),
        (SpiffeId.of_agent("east", "evil.example"), POD),
        (SpiffeId.of_plane(), POD),
    ],
)
def test_nobody_else_may_ask(caller: SpiffeId, attested: AttestedPod | None) -> None:
    """Other hosts, unseen pods, workloads and foreign trust domains get no certificate."""
    with pytest.raises(CsrRefused, match="shop/cart-1"):
        may_sign_pod(caller, "shop/cart-1", attested)


def test_a_workload_speaks_only_for_itself() -> None:
    """A direct client with its own certificate gets its own stream and no other's."""
    assert may_speak_for(SpiffeId.of_account("shop", "cart"), "shop/cart-1", POD) == POD
    with pytest.raises(CsrRefused):
        may_speak_for(SpiffeId.of_account("shop", "till"), "shop/cart-1", POD)
    with pytest.raises(CsrRefused):
        may_speak_for(SpiffeId.of_account("shop", "cart", "evil.example"), "shop/cart-1", POD)


def test_an_agent_renews_only_itself() -> None:
    """One host's agent cannot become another's."""
    assert may_sign_agent(EAST, "east").spiffe == EAST
    with pytest.raises(CsrRefused, match="west"):
        may_sign_agent(EAST, "west")


@pytest.mark.parametrize(
    "pod",
    [
        AttestedPod("shop", "Cart_1", "cart", "east"),
        AttestedPod("shop", "c" * 250, "cart", "east"),
        AttestedPod("shop", "cart", "ca/rt", "east"),
    ],
)
def test_names_that_no_certificate_can_carry_are_refused(pod: AttestedPod) -> None:
    """An odd name is an error that names the pod, not a certificate for someone else."""
    with pytest.raises(CsrRefused, match="Pod shop/"):
        pod_template(pod)


def test_renewal_falls_after_half_life_and_spreads() -> None:
    """No renewal before half life, none later than six tenths, whatever the jitter."""
    begins = datetime(2030, 1, 1, tzinfo=UTC)
    ends = begins + timedelta(hours=10)
    at = [renew_at(begins, ends, jitter) - begins for jitter in (-1.0, 0.0, 0.5, 1.0, 7.0)]
    assert at == [timedelta(hours=h) for h in (5, 5, 5.5, 6, 6)]


@pytest.mark.parametrize("seconds", [20, 600, 86_400, 31_536_000])
def test_a_fresh_certificate_is_never_due(seconds: int) -> None:
    """However short its life, a renewal lies well ahead of the moment of signing."""
    life, now = timedelta(seconds=seconds), datetime(2030, 1, 1, tzinfo=UTC)
    due = renew_at(now - backdate(life), now + life, 0.0)
    assert due - now >= life * 0.44
    assert backdate(life) <= timedelta(minutes=2)


def test_lifetimes_are_durations_within_bounds() -> None:
    """A number and a unit; what is no duration, too short or too long says so."""
    assert lifetime_of("90s") == timedelta(seconds=90)
    assert lifetime_of("15m") == timedelta(minutes=15)
    assert lifetime_of("24h") == lifetime_of("1d") == timedelta(days=1)
    for wrong in ("", "24", "1.5h", "-1h", "1w", "h"):
        with pytest.raises(ValueError, match="write a number"):
            lifetime_of(wrong)
    for wrong in ("19s", "91d", "999999999d"):
        with pytest.raises(ValueError, match=r"not between 20s and 90d"):
            lifetime_of(wrong)


def test_a_workload_gets_the_lifetime_that_is_set() -> None:
    """The template of a pod says how long; an agent's own does not change with it."""
    hour = timedelta(hours=1)
    assert may_sign_pod(EAST, "shop/cart-1", POD, lifetime=hour).lifetime == hour
    assert may_sign_pod(EAST, "shop/cart-1", POD).lifetime == timedelta(days=1)
