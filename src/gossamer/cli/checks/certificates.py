"""Are certificates valid, for the right names, and keys private?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from gossamer.cli.checks.facts import Certificate, Certificates
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

ROOT_WARN_DAYS = 60
_ANEW = "Recreate the pod: `gossamer restart deploy/NAME`; see logs/agent.log"


def _every(seen: Certificates) -> Iterator[Certificate]:
    yield from seen.workloads
    yield from (each for each in (seen.join, seen.root) if each is not None)


def _readable(seen: Certificates) -> CheckVerdict:
    bad = [f"{each.owner} ({each.problem})" for each in _every(seen) if each.problem]
    if bad:
        return error(f"certificates that cannot be read: {listed(bad)}", _ANEW)
    return fine(f"{len(list(_every(seen)))} certificates were read")


def _workloads(seen: Certificates) -> CheckVerdict:
    ended = [each.owner for each in seen.workloads if each.ends and each.ends <= seen.now]
    if ended:
        return error(
            f"workloads whose certificate has expired, so mutual TLS fails: {listed(ended)}",
            "See whether the control plane runs (`gossamer status`): it signs new ones",
        )
    late = [each.owner for each in seen.workloads if _overdue(each, seen.now)]
    if late:
        return warning(
            f"workloads whose certificate should have been renewed: {listed(late)}",
            "See whether the control plane runs (`gossamer status`), and logs/agent.log",
        )
    return fine(_soonest(seen))


def _overdue(certificate: Certificate, now: datetime) -> bool:
    """Less than a quarter of its life is left; it is renewed at half."""
    if certificate.begins is None or certificate.ends is None:
        return False
    return certificate.ends - now < (certificate.ends - certificate.begins) / 4


def _soonest(seen: Certificates) -> str:
    ends = [each.ends for each in seen.workloads if each.ends]
    return f"the first expires in {_span(min(ends) - seen.now)}" if ends else "no workload has one"


def _span(left: timedelta) -> str:
    """A time in the largest unit of which it has more than two."""
    seconds = left.total_seconds()
    units = (("days", 86_400), ("hours", 3600), ("minutes", 60))
    spans = (f"{seconds / size:.0f} {name}" for name, size in units if seconds > 2 * size)
    return next(spans, f"{seconds:.0f} seconds")


def _started(seen: Certificates) -> CheckVerdict:
    early = [each.owner for each in _every(seen) if each.begins and each.begins > seen.now]
    if early:
        return error(
            f"certificates that are not valid yet: {listed(early)}; the clock went back",
            "Set the clock, then recreate the pods: `gossamer restart deploy/NAME`",
        )
    return fine("every certificate is valid by now")


def _names(seen: Certificates) -> CheckVerdict:
    bad = [
        f"{each.owner} is {each.spiffe}"
        for each in seen.workloads
        if each.spiffe and each.wanted_spiffe and each.spiffe != each.wanted_spiffe
    ]
    if bad:
        return error(f"workloads with another's identity: {listed(bad)}", _ANEW)
    return fine("every workload is who its service account says")


def _chains(seen: Certificates) -> CheckVerdict:
    bad = [each.owner for each in seen.workloads if not each.problem and not each.under_root]
    if bad:
        return error(
            f"certificates that the lab's root did not sign: {listed(bad)}; peers reject them",
            _ANEW,
        )
    return fine("every certificate is the lab's own")


def _own(
    certificate: Certificate | None, now: datetime, what: str, remedy: str, days: int = 1
) -> CheckVerdict:
    if certificate is None or certificate.ends is None:
        return skipped(f"there is no {what}")
    if certificate.ends <= now:
        return error(f"the {what} has expired", remedy)
    if certificate.ends - now < timedelta(days=days):
        return warning(f"the {what} expires in {_span(certificate.ends - now)}", remedy)
    return fine(f"the {what} expires in {_span(certificate.ends - now)}")


def _join(seen: Certificates) -> CheckVerdict:
    remedy = "Restart the control plane, which writes a new one: `gossamer plane stop` and `start`"
    return _own(seen.join, seen.now, "agent's own certificate", remedy)


def _root(seen: Certificates) -> CheckVerdict:
    remedy = "Exchange it while the lab runs: `gossamer identity rotate --wait`"
    return _own(seen.root, seen.now, "root certificate", remedy, ROOT_WARN_DAYS)


def _keys(seen: Certificates) -> CheckVerdict:
    if seen.loose_keys:
        return error(
            f"private keys that others may read: {listed(seen.loose_keys)}",
            "Close them: `chmod 600 FILE`, and recreate the pods: `gossamer restart deploy/NAME`",
        )
    return fine("every private key is private")


def _log(seen: Certificates) -> CheckVerdict:
    if seen.log_problem:
        return error(
            f"the record of signed certificates is broken: {seen.log_problem}",
            "Keep a copy of the folder, and find out who wrote there: certificates may have been "
            "signed that nobody knows of. `gossamer identity log` shows the lines that hold",
        )
    return fine(f"{seen.logged} signed certificates and bans are recorded, in one chain")


def _check(code: str, look: Callable[[Certificates], CheckVerdict]) -> Check[Certificates]:
    return Check(Area.CERTIFICATES, code, look)


CHECKS: tuple[Check[Certificates], ...] = (
    _check("certificate-readable", _readable),
    _check("certificate-expiry", _workloads),
    _check("certificate-begins", _started),
    _check("certificate-names", _names),
    _check("certificate-chain", _chains),
    _check("agent-certificate", _join),
    _check("root-certificate", _root),
    _check("private-keys", _keys),
    _check("issuance-log", _log),
)
