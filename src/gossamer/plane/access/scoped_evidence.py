"""Evidence of calls as somebody may see it who sees some namespaces alone.

As in `traffic`, a call is shown to whoever may read one of its ends. What other namespaces say of
their own workloads, and who is in them, is left out.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from gossamer.plane.access.redaction import Redaction
from gossamer.plane.api.answers import DecidedRule, PolicyReport, ReportedObject
from gossamer.plane.api.mtls_answers import MtlsCall, MtlsEvidence, SeenCalls

Sees = Callable[[str], bool]
"""Whether a workload `NAMESPACE/NAME` lies where the reader may read."""


def scoped_evidence(evidence: MtlsEvidence, sees: Sees, redaction: Redaction) -> MtlsEvidence:
    """The calls from and to the reader's workloads, and these."""
    calls = [each for each in evidence.calls if sees(each.source) or sees(each.destination)]
    return replace(
        evidence,
        destinations=[each for each in evidence.destinations if sees(each.workload)],
        calls=[_scoped(each, sees) for each in calls],
        not_seen=[redaction.text(each) for each in evidence.not_seen],
    )


def scoped_breaks(seen: SeenCalls, sees: Sees, redaction: Redaction) -> SeenCalls:
    """What a change would do to the reader's calls."""
    breaks = [each for each in seen.breaks if sees(each.source) or sees(each.destination)]
    return replace(seen, breaks=breaks, not_seen=[redaction.text(each) for each in seen.not_seen])


def scoped_report(report: PolicyReport, sees: Sees, redaction: Redaction) -> PolicyReport:
    """What was decided of calls to the reader's workloads; of objects, those that hold for them."""

    def rules(every: list[DecidedRule]) -> list[DecidedRule]:
        return [_with_known_places(e, redaction) for e in every if sees(e.destination)]

    def objects(every: list[ReportedObject]) -> list[ReportedObject]:
        narrow = (_scoped_object(each, sees, rules(each.rules)) for each in every)
        return [e for e in narrow if e.workloads or sees(e.object.rpartition(" ")[2])]

    return replace(
        report,
        dry_runs=objects(report.dry_runs),
        audits=objects(report.audits),
        refused=rules(report.refused),
        not_seen=[redaction.text(each) for each in report.not_seen],
    )


def _with_known_places(rule: DecidedRule, redaction: Redaction) -> DecidedRule:
    places = [redaction.shape(each) for each in rule.because]
    return replace(rule, rule=redaction.text(rule.rule), because=places)


def _scoped_object(shown: ReportedObject, sees: Sees, rules: list[DecidedRule]) -> ReportedObject:
    return replace(
        shown,
        workloads=[*filter(sees, shown.workloads)],
        uncalled=[*filter(sees, shown.uncalled)],
        closed=[*filter(sees, shown.closed)],
        requests=sum(each.requests for each in rules),
        rules=rules,
    )


def _scoped(call: MtlsCall, sees: Sees) -> MtlsCall:
    return call if sees(call.destination) else replace(call, mode=None, by=None)
