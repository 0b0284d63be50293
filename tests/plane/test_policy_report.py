"""`gossamer policy report`: counts beside the objects in force, and what can follow from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from gossamer.cli.printing.policy_report import report_lines
from gossamer.plane.access.redaction import Redaction
from gossamer.plane.access.scoped_evidence import scoped_report
from gossamer.plane.api.answers import PolicyReport
from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.queries.meshed_workloads import MeshedWorkloads
from gossamer.plane.queries.policy_report import Watched, moment_of, policy_report
from gossamer.telemetry.evidence.contact import Contact, Handshakes, Occasions, Security
from gossamer.telemetry.evidence.contacts import Contacts
from gossamer.telemetry.evidence.evidence import What
from tests.explain.permission_mesh import teams_mesh

WEB = "spiffe://cluster.local/ns/team-a/sa/web"
BILLING, OPEN = "team-b/billing", "team-b/open"
TRIAL, ALLOWED = "AuthorizationPolicy team-b/trial", "AuthorizationPolicy team-b/allowed"
LATE = "1970-01-01T02:02:00+02:00"
POLICY = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: {name}, namespace: team-b, annotations: {{istio.io/dry-run: "{dry}"}}}}
spec: {{selector: {{matchLabels: {{app: {app}}}}}, action: {action}, rules: [{rule}]}}
---
"""
READS = "{to: [{operation: {methods: [GET]}}]}"


def policy(name: str, action: str, app: str, *, dry: bool = True) -> str:
    """A policy of team-b for the pods with that label."""
    return POLICY.format(name=name, action=action, app=app, dry=str(dry).lower(), rule=READS)


def decided(*each: tuple[str, str, str, int, float]) -> dict[Handshakes, Occasions]:
    """By destination, decision, identity: how many and when last."""
    return {
        Handshakes(to, what, What.DECIDED, who): Occasions(count, 60, last)
        for to, what, who, count, last in each
    }


def called(*destinations: str) -> dict[Contact, Occasions]:
    """Calls of team-a's web to these."""
    every = (Contact("team-a/web", "", to, Security.MUTUAL) for to in destinations)
    return {each: Occasions(9, 60, 120) for each in every}


def report(
    contacts: Contacts, *policies: str, namespace: str = "", since: str = ""
) -> PolicyReport:
    """Of the two teams with these policies beside theirs."""
    workloads = MeshedWorkloads.of(teams_mesh(*policies))
    return policy_report(workloads, Watched(contacts, True, 3660, moment_of(since)), namespace)


def text(answer: PolicyReport) -> str:
    """As people read it, two minutes after the start of time."""
    now = datetime.fromtimestamp(125, UTC)
    return "\n".join(report_lines(msgspec.to_builtins(answer), now))


def test_a_dry_run_says_whom_it_would_have_refused() -> None:
    """By rule and caller with the line; a caller without an identity is one, too."""
    counts = decided(
        (OPEN, f"would_refuse {TRIAL} rule 0", WEB, 3, 120),
        (OPEN, f"would_refuse {TRIAL} rule 0", "", 2, 90),
    )
    answer = report(Contacts(60, called(OPEN), decided=counts), policy("trial", "DENY", "open"))
    (trial,) = answer.dry_runs
    (rule,) = trial.rules
    assert (trial.object, trial.action, trial.workloads, trial.requests) == (
        TRIAL,
        "DENY",
        [OPEN],
        5,
    )
    assert (rule.because[0].field, rule.because[0].file) == ("spec.rules[0]", "teams.yaml")
    assert [(each.identity, each.workloads, each.requests) for each in rule.callers] == [
        (WEB, ["team-a/web"], 3),
        (None, [], 2),
    ]
    shown = text(answer)
    assert f"3 by {WEB} (team-a/web), last 5s ago" in shown
    assert "2 by callers without an identity" in shown
    assert "would have refused 5 requests" in shown
    assert answer.refused == []


def test_what_would_have_denied_nothing_can_be_enforced() -> None:
    """Only where it was asked: what was not called proves nothing."""
    trial = policy("trial", "DENY", "open")
    assert "to enforce it" in text(report(Contacts(60, called(OPEN)), trial))
    unseen = text(report(Contacts(60), trial))
    assert "no call was seen, so nothing is known of it yet" in unseen
    assert "to enforce it" not in unseen
    nowhere = text(report(Contacts(60), policy("trial", "DENY", "nothing")))
    assert "it holds for nothing here" in nowhere


def test_whom_no_dry_run_lets_in_would_be_refused() -> None:
    """Objects that would let in are told of together, as they would decide."""
    counts = decided((OPEN, "would_let_in no", WEB, 4, 120))
    answer = report(Contacts(60, called(OPEN), decided=counts), policy("allowed", "ALLOW", "open"))
    (allowed,) = answer.dry_runs
    assert (allowed.object, allowed.requests, allowed.closed) == (ALLOWED, 4, [])
    assert allowed.rules[0].rule == f"no rule of {ALLOWED}"


def test_where_an_allow_is_in_force_another_refuses_nobody() -> None:
    """Those whom neither lets in are refused already."""
    counts = decided((BILLING, "would_let_in no", WEB, 4, 120))
    allowed = policy("allowed", "ALLOW", "billing")
    answer = report(Contacts(60, called(BILLING), decided=counts), allowed)
    (shown,) = answer.dry_runs
    assert (shown.requests, shown.closed) == (0, [BILLING])
    assert "only lets in more" in text(answer)


def test_what_is_in_force_is_told_by_rule() -> None:
    """Refusals with their lines, notes of an AUDIT, and the rules of objects that have gone."""
    secrets, gone = "AuthorizationPolicy team-b/no-secrets rule 0", f"{TRIAL} rule 7"
    counts = decided(
        (BILLING, f"refused {secrets}", WEB, 2, 120),
        (BILLING, "refused AuthorizationPolicy team-b/gone rule 0", WEB, 1, 120),
        (OPEN, "noted AuthorizationPolicy team-b/notes rule 0", WEB, 6, 120),
        ("team-b/left", f"would_refuse {gone}", WEB, 1, 120),
        ("team-b/left", "would_let_in no", WEB, 1, 120),
    )
    answer = report(Contacts(60, decided=counts), policy("notes", "AUDIT", "open", dry=False))
    assert [(each.rule, bool(each.because)) for each in answer.refused] == [
        ("AuthorizationPolicy team-b/gone rule 0", False),
        (secrets, True),
    ]
    (notes,) = answer.audits
    assert (notes.action, notes.requests) == ("AUDIT", 6)
    shown = text(answer)
    assert "noted 6 requests" in shown
    assert "(no longer in force)" in shown
    assert "no dry run is in force" in shown


def test_what_a_rule_did_before_it_was_changed_can_be_left_out() -> None:
    """By time, and by namespace of the workloads that were called."""
    counts = decided((OPEN, f"would_refuse {TRIAL} rule 0", WEB, 3, 90))
    contacts = Contacts(60, called(OPEN), decided=counts)
    (trial,) = report(contacts, policy("trial", "DENY", "open"), since=LATE).dry_runs
    assert (trial.requests, trial.uncalled) == (0, [])
    assert report(contacts, policy("trial", "DENY", "open"), namespace="team-a").dry_runs == []
    (here,) = report(contacts, policy("trial", "DENY", "open"), namespace="team-b").dry_runs
    assert here.requests == 3


def test_a_time_of_nothing_is_refused() -> None:
    """It would hide what was seen. Without a zone a time is of UTC, as those that are printed."""
    assert moment_of("1970-01-01T00:02") == moment_of(LATE) == 120
    for text in ("yesterday", "17:30", "2026-13-01"):
        with pytest.raises(RequestRefused, match="is not a time"):
            moment_of(text)


def test_a_tenant_is_told_of_calls_to_its_own() -> None:
    """As of denials: another team's rules, counts and workloads are not its business."""
    counts = decided(
        (OPEN, f"would_refuse {TRIAL} rule 0", WEB, 3, 120),
        (BILLING, "refused AuthorizationPolicy team-b/no-secrets rule 0", WEB, 2, 120),
    )
    whole = report(Contacts(60, called(OPEN), decided=counts), policy("trial", "DENY", "open"))

    def told(team: str, other: str) -> dict[str, Any]:
        redaction = Redaction({other}, lambda _: False)
        narrow = scoped_report(whole, lambda name: name.startswith(f"{team}/"), redaction)
        answer: dict[str, Any] = msgspec.to_builtins(narrow)
        return answer

    mine, other = told("team-b", "team-a"), told("team-a", "team-b")
    assert (mine["dry_runs"][0]["requests"], mine["refused"][0]["requests"]) == (3, 2)
    assert (other["dry_runs"], other["refused"]) == ([], [])
    assert "trial" not in str(other)
