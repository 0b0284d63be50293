"""Does the control plane take changes, and does it know what is going on?"""

from __future__ import annotations

from collections.abc import Callable

from gossamer.cli.checks.facts import PlaneFacts, Words
from gossamer.cli.checks.verdict import (
    Area,
    Check,
    CheckVerdict,
    error,
    fine,
    listed,
    skipped,
    warning,
)
from gossamer.plane.streams.undeclared import UNDECLARED_AT_MOST

SLOW_S = 2.0
LARGE = 1 << 30
_SILENT = "the control plane does not answer"


def _process(seen: PlaneFacts) -> CheckVerdict:
    if seen.process is None or seen.process["state"] == "ended":
        return warning(
            "the control plane is stopped; proxies serve what they have, "
            "changes and hosts that were never used are unavailable",
            "Start it: `gossamer plane start`",
        )
    if seen.process["state"] in ("waiting", "crash-loop"):
        return error(
            f"the control plane keeps exiting: {seen.last_words or 'it says nothing'}",
            "Its log is logs/plane.log in the lab's folder; `gossamer down` and `up` start afresh",
        )
    return fine(f"the control plane runs, pid {seen.process['pid']}")


def _answers(seen: PlaneFacts) -> CheckVerdict:
    if seen.error:
        if seen.process is None or seen.process["state"] == "ended":
            return skipped("it is stopped")
        return error(seen.error, "See logs/plane.log in the lab's folder")
    if seen.answered_s > SLOW_S:
        return warning(
            f"the control plane took {seen.answered_s:.1f} s to answer",
            "The machine is overloaded: see what else runs",
        )
    return fine(f"it answers in {seen.answered_s * 1000:.0f} ms")


def _answering(look: Callable[[PlaneFacts], CheckVerdict]) -> Callable[[PlaneFacts], CheckVerdict]:
    """A verdict that needs the plane's own word."""
    return lambda seen: skipped(_SILENT) if seen.error else look(seen)


def _healthy(seen: PlaneFacts) -> CheckVerdict:
    if seen.unhealthy:
        return error(
            f"the control plane takes no changes: {seen.unhealthy}",
            "Fix what it names; what runs is not affected",
        )
    return fine("it takes changes")


def _version(seen: PlaneFacts) -> CheckVerdict:
    runs = seen.status.get("version")
    if runs != seen.installed_version:
        return warning(
            f"the control plane is gossamer {runs}, this command is {seen.installed_version}",
            "Restart the lab: `gossamer down` and `gossamer up`",
        )
    return fine(f"gossamer {runs}, as this command")


def _store(seen: PlaneFacts) -> CheckVerdict:
    if seen.store_problem:
        return error(
            f"the store cannot be written: {seen.store_problem}; every change is refused",
            "Give the lab's folder back its rights and room; nothing acknowledged is lost",
        )
    return fine("the store can be written")


def _damaged(seen: PlaneFacts) -> CheckVerdict:
    if seen.damaged_stores:
        return warning(
            f"the store was damaged and restored from its copy: {listed(seen.damaged_stores)} "
            "was moved away; nothing acknowledged was lost",
            "Check the disk, then remove the file from the plane's folder",
        )
    return fine("the store was never damaged")


def _observations(seen: PlaneFacts) -> CheckVerdict:
    sources = seen.status.get("sources", {})
    stale = [name for name, source in sources.items() if source["stale"]]
    if stale:
        silent = [_silent(name, sources[name]) for name in stale]
        problems = all(sources[name].get("problem") for name in stale)
        return warning(
            f"sources that report no more: {listed(silent)}; their last report stays in effect",
            "`gossamer analyze --live` shows the file and the remedy"
            if problems
            else "See whether the holder runs: logs/holder.log in the lab's folder",
        )
    of_pods = [name for name, source in sources.items() if source.get("observes", "pod") == "pod"]
    if not of_pods:
        return warning("no source has reported pods to the control plane", "See logs/holder.log")
    return fine(f"pods are observed by {listed(of_pods)}")


def _silent(name: str, source: Words) -> str:
    problem = f": {source['problem']}" if source.get("problem") else ""
    return f"{name} ({source['age_s']:.0f} s{problem})"


def _errors(seen: PlaneFacts) -> CheckVerdict:
    errors = [each for each in seen.findings if each["severity"] == "error"]
    if errors:
        messages = [f"{each['object']}: {each['message']}" for each in errors]
        return error(
            f"{len(errors)} errors in what was applied: {listed(messages)}",
            "`gossamer analyze --live` shows each with its line and remedy",
        )
    return fine("no errors in what was applied")


def _warnings(seen: PlaneFacts) -> CheckVerdict:
    warnings = [each for each in seen.findings if each["severity"] == "warning"]
    if warnings:
        messages = [f"{each['object']}: {each['message']}" for each in warnings]
        return warning(
            f"{len(warnings)} warnings about what was applied: {listed(messages)}",
            "`gossamer analyze --live` shows each with its line and remedy",
        )
    return fine("no warnings about what was applied")


def _documents(seen: PlaneFacts) -> CheckVerdict:
    count = seen.status.get("documents", 0)
    if not count:
        return warning("nothing is applied", "Apply manifests: `gossamer apply -f PATH`")
    return fine(f"{count} objects at revision {seen.status.get('revision')}")


def _undeclared(seen: PlaneFacts) -> CheckVerdict:
    """Decision 27: past the bound a proxy is given every declared host, until its pod is gone."""
    past = [_past(each) for each in seen.proxies if each.get("past_host_bound")]
    if past:
        return warning(
            f"proxies whose workload called over {UNDECLARED_AT_MOST} hosts that no object "
            f"declares: {listed(past)}; each holds every declared host now, which takes memory",
            "Declare what it calls with ServiceEntries, or find out who makes up the names "
            "(`gossamer logs POD --proxy`); then replace the pod: `gossamer restart deploy/NAME`",
        )
    most = max((each.get("undeclared_hosts", 0) for each in seen.proxies), default=0)
    return fine(f"at most {most} undeclared hosts a proxy, of {UNDECLARED_AT_MOST}")


def _past(proxy: Words) -> str:
    refused = proxy.get("refused_hosts")
    return f"{proxy['pod']} ({refused} more refused)" if refused else str(proxy["pod"])


def _audit(seen: PlaneFacts) -> CheckVerdict:
    if seen.audit_problem:
        return error(
            f"the audit log was altered: {seen.audit_problem}",
            "Find out who can write to plane/audit.jsonl in the lab's folder; what follows that "
            "line proves nothing",
        )
    return fine("the audit log is as it was written")


def _memory(seen: PlaneFacts) -> CheckVerdict:
    if seen.private_bytes is None:
        return skipped("its memory cannot be read")
    size = f"the control plane holds {seen.private_bytes >> 20} MiB"
    if seen.private_bytes > LARGE:
        return warning(size, "Restart it: `gossamer plane stop` and `start`; please report it")
    return fine(size)


def _check(code: str, look: Callable[[PlaneFacts], CheckVerdict]) -> Check[PlaneFacts]:
    return Check(Area.PLANE, code, look)


CHECKS: tuple[Check[PlaneFacts], ...] = (
    _check("plane-process", _process),
    _check("plane-answers", _answers),
    _check("plane-healthy", _answering(_healthy)),
    _check("plane-version", _answering(_version)),
    _check("plane-store", _store),
    _check("plane-store-damaged", _damaged),
    _check("plane-observations", _answering(_observations)),
    _check("plane-documents", _answering(_documents)),
    _check("findings-errors", _answering(_errors)),
    _check("findings-warnings", _answering(_warnings)),
    _check("plane-undeclared-hosts", _answering(_undeclared)),
    _check("plane-audit", _answering(_audit)),
    _check("plane-memory", _memory),
)
