"""Random policies and calls: real Envoys with our configuration, and the documented semantics.

`GOSSAMER_PAIRS=200000 GOSSAMER_SEED=7 pytest tests/authorization_semantics -m e2e` asks more, of
another beginning. A difference is printed with the least policies that still show it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
import yaml

from tests.authorization_semantics.asking import answers
from tests.authorization_semantics.authority import Authority
from tests.authorization_semantics.drawn_cases import ACCOUNTS, WORKLOAD, Case, drawn_case, smaller
from tests.authorization_semantics.one_envoy import serving
from tests.authorization_semantics.semantics import Call, is_allowed
from tests.explain.one_envoy import own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(7200)]

PAIRS = int(os.environ.get("GOSSAMER_PAIRS", "5000"))
SEED = int(os.environ.get("GOSSAMER_SEED", "1"))
CALLS, CASES = 25, 200
MOST_SHRINKING = 12


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Certificates for all accounts that call."""
    return Authority(tmp_path_factory.mktemp("pki"), [each for each in ACCOUNTS if each])


def rounds() -> Iterator[tuple[Case, ...]]:
    """Cases in loads that one Envoy takes at once."""
    random, left = Random(SEED), PAIRS
    while left > 0:
        count = min(CASES, -(-left // CALLS))
        yield tuple(drawn_case(random, CALLS) for _ in range(count))
        left -= count * CALLS


def asked(cases: Sequence[Case], folder: Path, authority: Authority) -> list[list[bool]]:
    """What a real Envoy does with every call of every case."""
    (address,) = own_addresses(1)

    async def run() -> list[list[bool]]:
        async with serving(folder, address, cases, authority):
            return await answers(address, cases, authority)

    return asyncio.run(run())


def differing(cases: Sequence[Case], got: Sequence[Sequence[bool]]) -> Iterator[tuple[Case, Call]]:
    """Each call that Envoy and the documentation do not agree on."""
    for case, told in zip(cases, got, strict=True):
        for call, allowed in zip(case.calls, told, strict=True):
            if is_allowed(case.policies, call, WORKLOAD) is not allowed:
                yield case, call


def shrunk(case: Case, folder: Path, authority: Authority) -> Case:
    """The least policies by which its one call still differs."""
    for _ in range(MOST_SHRINKING):
        cases = smaller(case)
        if not cases:
            return case
        still = [each for each, _ in differing(cases, asked(cases, folder, authority))]
        if not still:
            return case
        case = min(still, key=lambda each: len(repr(each.policies)))
    return case


def test_every_pair(tmp_path: Path, authority: Authority) -> None:
    """HTTP and TCP, with and without a certificate: no call ends otherwise than is documented."""
    allowed = total = 0
    for cases in rounds():
        got = asked(cases, tmp_path, authority)
        for case, call in differing(cases, got):
            least = shrunk(Case(case.policies, (call,)), tmp_path, authority)
            wanted = is_allowed(least.policies, call, WORKLOAD)
            policies = yaml.safe_dump_all(least.policies)
            pytest.fail(f"seed {SEED}: documented is {wanted}, Envoy differs\n{policies}\n{call}")
        allowed += sum(sum(each) for each in got)
        total += sum(map(len, got))
    assert total >= PAIRS
    assert 0.2 < allowed / total < 0.8, "the drawn calls tell little"
