"""Every check of `gossamer check`: healthy facts pass it, and its own failing fact does not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gossamer
from gossamer.cli.checks.facts import LabFacts, Machine, PlaneFacts, Workloads
from gossamer.cli.checks.installation import KNOWN_VARIABLES, satisfies
from gossamer.cli.checks.lab import GROUND_CHECKS
from gossamer.cli.checks.table import EVERY, results
from gossamer.cli.checks.verdict import CheckStatus, Result, listed
from tests.cli.failing_facts import AGENT, FAILING, HEALTHY, PLANE

BAD = (CheckStatus.WARNING, CheckStatus.ERROR)
NEVER_BAD = {"lab-running"}


def result_of(code: str, facts: LabFacts) -> Result:
    return next(result for result in results(facts) if result.code == code)


def test_there_are_at_least_forty() -> None:
    """What the issue asks for; and each has a name of its own."""
    codes = [check.code for check in EVERY]
    assert len(codes) >= 40
    assert len(codes) == len(set(codes))


def test_healthy_facts_pass_every_check() -> None:
    """A machine and a lab in good order are told so, with no remedies to read."""
    wrong = [r for r in results(HEALTHY) if r.verdict.status in BAD]
    assert not wrong


def test_every_check_has_a_failing_fact() -> None:
    """No check is there that could never complain."""
    assert set(FAILING) | NEVER_BAD == {check.code for check in EVERY}


@pytest.mark.parametrize("code", sorted(FAILING))
def test_a_check_sees_its_own_fault(code: str) -> None:
    """Given the fault that it is made for, the check complains, with a remedy and a link."""
    facts: Any = replace(HEALTHY, **FAILING[code])
    found = result_of(code, facts)
    assert found.verdict.status in BAD
    assert found.verdict.message
    assert found.verdict.remedy
    assert found.link == f"docs/checks.md#{code}"


def test_a_plane_that_observes_roots_alone_was_told_of_no_pods() -> None:
    """The plane's own sources are no platform's; they are not listed as sources of pods."""
    roots = {"pods": 0, "age_s": 90.0, "stale": False, "observes": "roots"}
    for pods, message in (
        ({}, "no source has reported pods"),
        (PLANE.status["sources"], "observed by lab"),
    ):
        status = {**PLANE.status, "sources": {"plane/authority": roots, **pods}}
        facts = replace(HEALTHY, plane=replace(PLANE, status=status))
        assert message in result_of("plane-observations", facts).verdict.message


def test_a_proxy_past_its_bound_of_hosts_is_named() -> None:
    """With what it was refused beyond; one that stays below the bound is only counted."""
    row = {"pod": "shop/web-1", "past_host_bound": False, "undeclared_hosts": 7, "refused_hosts": 0}
    crawler = {**row, "pod": "shop/crawler", "past_host_bound": True, "refused_hosts": 3}
    below = replace(HEALTHY, plane=replace(PLANE, proxies=(row,)))
    past = replace(HEALTHY, plane=replace(PLANE, proxies=(row, crawler)))
    assert "at most 7 undeclared" in result_of("plane-undeclared-hosts", below).verdict.message
    told = result_of("plane-undeclared-hosts", past).verdict
    assert told.status is CheckStatus.WARNING
    assert "shop/crawler (3 more refused)" in told.message
    assert "shop/web-1" not in told.message


def test_a_file_of_roots_that_cannot_be_used_is_named_with_its_age() -> None:
    """And nobody is sent to look whether the holder runs."""
    roots = {"age_s": 40.0, "stale": True, "observes": "roots", "problem": "the bundle is gone"}
    status = {**PLANE.status, "sources": {"plane/authority": roots}}
    facts = replace(HEALTHY, plane=replace(PLANE, status=status))
    verdict = result_of("plane-observations", facts).verdict
    assert "plane/authority (40 s: the bundle is gone)" in verdict.message
    assert "analyze --live" in verdict.remedy


def test_without_a_lab_the_rest_is_skipped_with_the_reason() -> None:
    """Machine and installation are looked at all the same."""
    why = "lab 'default' does not run"
    facts = replace(
        HEALTHY, lab=why, plane=why, agent=why, proxies=why, certificates=why, workloads=why
    )
    alone = {check.code for check in GROUND_CHECKS}
    for result in results(facts):
        inside = result.area.value not in ("machine", "installation") and result.code not in alone
        assert (result.verdict.status is CheckStatus.SKIPPED) is inside
        assert not inside or result.verdict.message == why


def test_without_namespaces_nothing_else_was_tried() -> None:
    """A part that could not be tried is skipped, not praised."""
    facts = replace(HEALTHY, **FAILING["namespaces"])
    assert result_of("nftables", facts).verdict.status is CheckStatus.SKIPPED


def test_a_plane_that_is_held_down_is_no_error() -> None:
    """A drill is somebody's wish; the warning says how to end it."""
    assert isinstance(HEALTHY.plane, PlaneFacts)
    plane = replace(HEALTHY.plane, process=None, error="nobody listens")
    facts = replace(HEALTHY, plane=plane)
    found = {r.code: r.verdict.status for r in results(facts) if r.area.value == "plane"}
    assert found["plane-process"] is CheckStatus.WARNING
    assert CheckStatus.ERROR not in found.values()


def test_low_memory_warns_before_it_fails() -> None:
    """There is a step between well and too late."""
    facts = replace(HEALTHY, machine=Machine(memory=400 << 20))
    assert result_of("memory", facts).verdict.status is CheckStatus.WARNING


@pytest.mark.parametrize(
    ("version", "wanted", "well"),
    [
        ("1.40.0", "==1.40.0", True),
        ("1.40", "==1.40.0", True),
        ("1.9", ">=1.10", False),
        ("2.0", ">=1.8,<2", False),
        ("50.0.2", ">=42", True),
        ("6.0.1", ">=6.0.1", True),
        ("1.0", "", True),
    ],
)
def test_bounds_are_read_as_pip_reads_them(version: str, wanted: str, well: bool) -> None:
    """Versions compare by number, not by text."""
    assert satisfies(version, wanted) is well


def test_outside_hosts_need_no_endpoints() -> None:
    """A ServiceEntry that is found by DNS has none here, and works."""
    outside = {"host": "api.example.com", "addresses": [], "ports": [{"endpoints": []}]}
    assert isinstance(HEALTHY.workloads, Workloads)
    workloads = replace(HEALTHY.workloads, services=(outside,))
    facts = replace(HEALTHY, workloads=workloads)
    assert result_of("endpoints", facts).verdict.status is CheckStatus.OK


def test_long_lists_are_counted() -> None:
    """A thousand proxies make one readable line."""
    assert listed(str(n) for n in range(1000)) == "0, 1, 2, 3, 4 and 995 more"


def test_every_variable_that_the_code_reads_is_known() -> None:
    """A new setting is no misspelling."""
    source = Path(gossamer.__file__).parent
    pattern = re.compile(r'"(GOSSAMER_[A-Z_]*[A-Z])"')
    read = {n for path in source.rglob("*.py") for n in pattern.findall(path.read_text())}
    assert read == set(KNOWN_VARIABLES)


def test_a_pod_that_starts_has_a_right_to_its_proxy() -> None:
    """Its proxy runs before it is Ready; only one whose pod is not there at all is a stray."""
    starting = {"pod": "shop/web-starts", "connected": True}
    agent = replace(AGENT, proxies=(*AGENT.proxies, starting))
    assert result_of("agent-strays", replace(HEALTHY, agent=agent)).verdict.status is CheckStatus.OK
    gone = replace(agent, proxies=({"pod": "shop/web-gone", "connected": True},))
    told = result_of("agent-strays", replace(HEALTHY, agent=gone)).verdict
    assert told.status is CheckStatus.WARNING
    assert "shop/web-gone" in told.message
