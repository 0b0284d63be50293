"""Policies out of what was seen: accepted as they are, with what they rest on."""

from __future__ import annotations

from gossamer.cli.reading import read_all
from gossamer.explain.suggestion import SeenCall, SeenWorkload, WindowSeen, suggested
from gossamer.model.policies.workload.authorization import (
    Attribute,
    Authorization,
    AuthorizationAction,
)
from gossamer.model.workload.workload_policy import WorkloadPolicy
from gossamer.store.paths import File

WINDOW = WindowSeen(
    "2026-11-28T16:00:00Z", "2026-11-28T18:00:00Z", ("calls before the plane began",)
)
WEB = SeenCall("cluster.local/ns/team-a/sa/web", "team-a/web", (8080,))
BATCH = SeenCall("cluster.local/ns/team-a/sa/batch", "team-a/batch", (8080,))
PORTLESS = SeenCall("cluster.local/ns/team-b/sa/cron", "team-b/cron", ())
PLAIN = SeenCall("", "unknown (10.1.2.3)", (8080,))
LABELS = (("app", "pay"), ("pod-template-hash", "abc"))


def workload(*calls: SeenCall, gateway: bool = False) -> SeenWorkload:
    """team-b/pay with these calls."""
    return SeenWorkload("team-b", "pay", LABELS, calls, gateway)


def policies(text: str) -> list[WorkloadPolicy]:
    """What the text says, read as manifests: there is nothing to say against it."""
    read = read_all([File("suggested.yaml", text.encode())])
    assert read.findings == ()
    fragments = [fragment for each in read.contributions for fragment in each.fragments]
    return [each for each in fragments if isinstance(each, WorkloadPolicy)]


def test_who_was_seen_is_let_in_by_identity_and_port() -> None:
    """One ALLOW for the workload by the labels that last; callers of equal ports share a rule."""
    (policy,) = policies(suggested([workload(WEB, BATCH, PORTLESS, WEB)], WINDOW))
    assert (policy.namespace, policy.selector) == ("team-b", (("app", "pay"),))
    authorization = policy.policies.get(Authorization)
    assert authorization is not None
    assert (authorization.action, authorization.dry_run) == (AuthorizationAction.ALLOW, False)
    rules = [
        (
            [value.text for source in rule.sources for c in source for value in c.values],
            [v.text for op in rule.operations for c in op for v in c.values],
        )
        for rule in authorization.rules
    ]
    assert rules == [([PORTLESS.identity], []), ([BATCH.identity, WEB.identity], ["8080"])]
    assert authorization.rules[1].operations[0][0].attribute is Attribute.PORT


def test_equal_calls_give_equal_text() -> None:
    """Whatever their order."""
    one, other = workload(WEB, PLAIN, BATCH), workload(BATCH, WEB, PLAIN, WEB)
    assert suggested([one], WINDOW) == suggested([other], WINDOW)


def test_what_was_not_seen_is_said() -> None:
    """The window, callers in plaintext, gateways, workloads that nobody called."""
    text = suggested([workload(PLAIN)], WINDOW)
    assert "# calls seen from 2026-11-28T16:00:00Z to 2026-11-28T18:00:00Z" in text
    assert "# calls before the plane began" in text
    assert "called in plaintext by unknown (10.1.2.3)" in text
    assert policies(text) == []
    assert "team-b/pay: no call was seen" in suggested([workload()], WINDOW)
    assert "is a gateway" in suggested([workload(WEB, gateway=True)], WINDOW)
    assert policies(suggested([workload(WEB, gateway=True)], WINDOW)) == []


def test_a_shadow_decides_nothing() -> None:
    """It is a dry run, and else the same."""
    (policy,) = policies(suggested([workload(WEB)], WINDOW, shadow=True))
    authorization = policy.policies.get(Authorization)
    assert authorization is not None
    assert authorization.dry_run


def test_names_cannot_leave_their_place() -> None:
    """A caller's name with a line end in it writes no rule."""
    odd = SeenCall("", "x\n---\nkind: AuthorizationPolicy", ())
    assert policies(suggested([workload(odd)], WINDOW)) == []
