"""Service addresses for whoever is not captured."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from gossamer.capture.plan import CapturePlan
from gossamer.lab.world.vips import Vip, services, transactions
from tests.lab.world.stage import V4, V6, A, B, C, Stage

SHOP = Vip("10.96.0.7", "TCP", 80, ((V4[B], 8080), (V4[C], 8080)))
SHOP_V6 = Vip("fd00:10:96::7", "TCP", 80, ((V6[B], 8080), (V6[C], 8080)))
NAMES = Vip("10.96.0.8", "UDP", 5353, ((V4[B], 9999),))
EMPTY = Vip("10.96.0.9", "TCP", 80, ())
EMPTY_UDP = Vip("10.96.0.9", "UDP", 80, ())


@pytest.fixture
async def shop(stage: Stage) -> Stage:
    """Three bare pods; b and c serve."""
    await stage.pods(A, B, C)
    await stage.parrot(B, "b", 8080)
    await stage.parrot(C, "c", 8080)
    return stage


def names(answers: list[str]) -> Counter[str]:
    return Counter(answer.partition(":")[0] for answer in answers)


async def test_tcp_is_spread_over_the_endpoints_and_the_caller_keeps_its_address(
    shop: Stage,
) -> None:
    """Of 300 connections each endpoint gets about half, and sees who called."""
    await shop.world.set_vips((SHOP,))
    answers = await shop.call(A, SHOP.address, 80, count=300)
    assert {answer.split()[1] for answer in answers} == {V4[A]}
    assert set(names(answers)) == {"b", "c"}
    assert 100 < names(answers)["b"] < 200


@pytest.mark.usefixtures("ipv6")
async def test_ipv6_services_work_alike(shop: Stage) -> None:
    """The same holds over IPv6."""
    await shop.world.set_vips((SHOP, SHOP_V6))
    assert set(names(await shop.call(A, SHOP_V6.address, 80, count=40))) == {"b", "c"}


async def test_udp_reaches_its_endpoint_and_the_answer_comes_back(shop: Stage) -> None:
    """A datagram to a Service is answered from the Service's address."""
    await shop.parrot(B, "clock", 9999, protocol="udp")
    await shop.world.set_vips((NAMES,))
    assert await shop.call(A, NAMES.address, 5353, "udp") == [f"clock:9999 {V4[A]}"]


async def test_a_pod_reaches_itself_through_its_own_service(shop: Stage) -> None:
    """Hairpin: the only endpoint is the caller."""
    await shop.world.set_vips((replace(SHOP, endpoints=((V4[B], 8080),)),))
    assert names(await shop.call(B, SHOP.address, 80, count=3)) == {"b": 3}


@pytest.mark.parametrize(("empty", "told"), [(EMPTY, "ECONNREFUSED"), (EMPTY_UDP, "EPERM")])
async def test_a_service_without_endpoints_is_refused_at_once(
    shop: Stage, empty: Vip, told: str
) -> None:
    """Nobody waits for a timeout; the kernel tells a TCP caller and a UDP sender in its way."""
    await shop.world.set_vips((empty,))
    assert await shop.call(A, empty.address, 80, empty.protocol.lower()) == [told]


async def test_endpoints_come_and_go(shop: Stage) -> None:
    """A change holds for the next connection: fewer endpoints, none, other ones, no Service."""
    for ends, expected in (
        (((V4[B], 8080),), {"b"}),
        ((), {"ECONNREFUSED"}),
        (((V4[C], 8080),), {"c"}),
        (((V4[B], 8080), (V4[C], 8080)), {"b", "c"}),
    ):
        await shop.world.set_vips((replace(SHOP, endpoints=ends),))
        assert set(names(await shop.call(A, SHOP.address, 80, count=30))) == expected
    await shop.world.set_vips(())
    assert await shop.call(A, SHOP.address, 80) == ["ENETUNREACH"]


async def test_a_pod_added_later_knows_the_services(stage: Stage) -> None:
    """What was set before a pod came holds in it, too."""
    await stage.world.set_vips((SHOP,))
    await stage.pods(A, B)
    await stage.parrot(B, "b", 8080)
    await stage.world.set_vips((replace(SHOP, endpoints=((V4[B], 8080),)),))
    assert names(await stage.call(A, SHOP.address, 80)) == {"b": 1}


async def test_a_proxys_marked_sockets_are_translated_and_the_application_is_captured(
    shop: Stage,
) -> None:
    """Capture comes first; what it lets pass finds Services like anyone."""
    await shop.parrot(A, "proxy", 15001)
    await shop.world.set_vips((SHOP,))
    await shop.world.set_capture(A, CapturePlan())
    assert names(await shop.call(A, SHOP.address, 80)) == {"proxy": 1}
    for mark in (0x539, 0x53A):
        assert set(names(await shop.call(A, SHOP.address, 80, count=30, mark=mark))) == {"b", "c"}


async def test_the_worlds_own_processes_reach_services_and_pods(shop: Stage) -> None:
    """The inner edge, which lives in the world's root, dials both."""
    await shop.world.set_vips((SHOP,))
    assert names(await shop.call(None, V4[B], 8080)) == {"b": 1}
    assert set(names(await shop.call(None, SHOP.address, 80, count=30))) == {"b", "c"}


async def test_the_outside_is_unreachable_until_there_is_a_way_out(shop: Stage) -> None:
    """Refused at once without a door; with one, the door knows the address dialled."""
    assert await shop.call(A, "192.0.2.1", 443) == ["ENETUNREACH"]
    await shop.parrot(None, "door", 15100)
    await shop.world.set_egress(15100)
    assert await shop.call(A, "192.0.2.1", 443) == [f"door:15100 {V4[A]} 192.0.2.1 443"]
    assert names(await shop.call(A, V4[B], 8080)) == {"b": 1}
    await shop.world.set_egress(None)
    assert await shop.call(A, "192.0.2.1", 443) == ["ENETUNREACH"]


async def test_an_address_that_no_service_has_is_refused_every_time(shop: Stage) -> None:
    """Whoever still knows the address of a deleted Service is told at once, call after call."""
    await shop.parrot(None, "door", 15100)
    await shop.world.set_egress(15100)
    async with asyncio.timeout(3):
        told = await shop.call(A, "10.96.9.9", 80, count=20)
    assert set(told) == {"ECONNREFUSED"}


async def test_many_services_at_once(stage: Stage) -> None:
    """A mesh of 800 Services with three endpoints each fits, and changes whole."""
    await stage.pods(A, B)
    await stage.parrot(B, "b", 8080)
    many = tuple(
        Vip(f"10.97.{n // 200}.{n % 200 + 1}", "TCP", 80, ((V4[B], 8080),) * 1 + ((V4[C], n + 1),))
        for n in range(800)
    )
    await stage.world.set_vips(many)
    only_b = tuple(replace(vip, endpoints=vip.endpoints[:1]) for vip in many)
    await stage.world.set_vips(only_b)
    assert names(await stage.call(A, many[-1].address, 80)) == {"b": 1}


def test_no_change_is_no_transaction() -> None:
    """Equal Services cost nothing, in whatever order their endpoints were told."""
    turned = replace(SHOP, endpoints=SHOP.endpoints[::-1])
    assert list(transactions(services([SHOP]), services([turned]))) == []


def test_only_the_changed_service_is_touched() -> None:
    """Of many Services one changes: the messages speak of that one alone."""
    after = services([SHOP, replace(NAMES, endpoints=((V4[C], 9999),))])
    (messages,) = transactions(services([SHOP, NAMES]), after)
    assert [message.verb.name for message in messages] == ["DELETE_RULE", "NEW_RULE"]
    assert all(b"udp-10.96.0.8-5353" in message.payload for message in messages)
