"""Is every proxy up, in step with the control plane, and of the right kind?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gossamer.cli.checks.facts import ProxiesFacts, ProxyFacts
from gossamer.cli.checks.verdict import (
    Area,
    Check,
    CheckVerdict,
    error,
    fine,
    listed,
    times,
    warning,
)

LARGE = 256 << 20
LARGE_LOG = 128 << 20
_LOG = "See its log: `gossamer logs POD --proxy`"


def _where(seen: ProxiesFacts, bad: Callable[[ProxyFacts], bool]) -> list[str]:
    return [each.pod for each in seen.all if bad(each)]


def _live(seen: ProxiesFacts) -> CheckVerdict:
    bad = [
        f"{each.pod} ({each.row.get('envoy') or each.silent or 'not running'})"
        for each in seen.all
        if each.row.get("envoy") != "LIVE"
    ]
    if bad:
        return error(f"proxies that are not live: {listed(bad)}", _LOG)
    return fine(f"{len(seen.all)} proxies are live")


def _ready(seen: ProxiesFacts) -> CheckVerdict:
    bad = _where(seen, lambda p: p.row.get("envoy") == "LIVE" and not p.row.get("ready", True))
    if bad:
        return error(
            f"proxies that are live but not ready (a listener or the certificate is missing): "
            f"{listed(bad)}",
            "Compare `gossamer proxy listeners POD` and `gossamer proxy secrets POD`",
        )
    return fine("every live proxy serves")


def _connected(seen: ProxiesFacts) -> CheckVerdict:
    bad = _where(seen, lambda p: not p.row.get("connected"))
    if bad:
        return warning(
            f"proxies without a stream to the control plane: {listed(bad)}; "
            "they serve what they have",
            "`gossamer status` shows whether the control plane runs",
        )
    return fine("every proxy has its stream")


def _synced(seen: ProxiesFacts) -> CheckVerdict:
    bad = [
        f"{each.pod} ({each.row.get('pending', 0)} pending)"
        for each in seen.all
        if each.row.get("connected") and (not each.row.get("synced") or each.row.get("pending"))
    ]
    if bad:
        return warning(
            f"proxies that have not acknowledged everything yet: {listed(bad)}",
            "Ask again in a moment; if it stays, see logs/agent.log in the lab's folder",
        )
    return fine("every proxy holds the latest")


def _rejected(seen: ProxiesFacts) -> CheckVerdict:
    bad = [
        f"{each.pod}: {_told(each.row['rejected'][0])}"
        for each in seen.all
        if each.row.get("rejected")
    ]
    if bad:
        return error(
            f"configuration that Envoy refused (its last good one serves): {listed(bad)}",
            "`gossamer status -o json` names the resource; fix it, and please report it",
        )
    return fine("no proxy refused anything")


def _told(rejected: object) -> str:
    if isinstance(rejected, dict):
        name, why = rejected.get("name", "?"), rejected.get("message", rejected.get("error", ""))
        return f"{name} ({why})"
    return str(rejected)


def _silent(seen: ProxiesFacts) -> CheckVerdict:
    bad = [f"{each.pod} ({each.silent})" for each in seen.all if each.silent]
    if bad:
        return error(f"proxies whose admin socket is silent: {listed(bad)}", _LOG)
    return fine("every admin socket answers")


def _warming(seen: ProxiesFacts) -> CheckVerdict:
    counts = ("listener_manager.total_listeners_warming", "cluster_manager.warming_clusters")
    bad = _where(seen, lambda p: any(p.stats.get(name) for name in counts))
    if bad:
        return warning(
            f"proxies with listeners or clusters that wait for something: {listed(bad)}",
            "Ask again in a moment; `gossamer proxy clusters POD` shows which",
        )
    return fine("nothing is warming")


def _updates(seen: ProxiesFacts) -> CheckVerdict:
    """Envoy's own count of refusals since it started: over, maybe, but worth a look."""
    bad = [
        f"{each.pod} ({count})"
        for each in seen.all
        if (count := sum(n for name, n in each.stats.items() if name.endswith("update_rejected")))
    ]
    if bad:
        return warning(
            f"proxies that have refused updates since they started: {listed(bad)}",
            f"{_LOG}; `gossamer analyze --live` may name the cause",
        )
    return fine("no update was ever refused")


def _version(seen: ProxiesFacts) -> CheckVerdict:
    bad = [
        f"{each.pod} ({each.version})"
        for each in seen.all
        if each.version and each.version != seen.wanted_version
    ]
    if bad:
        return warning(
            f"proxies of another Envoy than {seen.wanted_version}: {listed(bad)}",
            "Recreate them: `gossamer restart deploy/NAME`",
        )
    return fine(f"every proxy is Envoy {seen.wanted_version}")


def _restarts(seen: ProxiesFacts) -> CheckVerdict:
    bad = [
        f"{each.pod} ({times(each.process['restarts'])})"
        for each in seen.all
        if each.process and each.process["restarts"]
    ]
    if bad:
        return warning(f"proxies that had to be restarted: {listed(bad)}", _LOG)
    return fine("no proxy had to be restarted")


def _memory(seen: ProxiesFacts) -> CheckVerdict:
    known = [each for each in seen.all if each.private_bytes is not None]
    bad = [f"{p.pod} ({(p.private_bytes or 0) >> 20} MiB)" for p in known if _large(p)]
    if bad:
        return warning(
            f"proxies with much memory of their own: {listed(bad)}",
            "`gossamer proxy clusters POD` shows what it holds; an eager proxy holds everything",
        )
    most = max((each.private_bytes or 0 for each in known), default=0)
    return fine(f"at most {most >> 20} MiB of their own each")


def _large(proxy: ProxyFacts) -> bool:
    return (proxy.private_bytes or 0) > LARGE


def _admin(seen: ProxiesFacts) -> CheckVerdict:
    bad = [
        f"{each.pod} ({each.admin_mode:04o})"
        for each in seen.all
        if each.admin_mode is not None and each.admin_mode & 0o077
    ]
    if bad:
        return error(
            f"admin sockets that others may open: {listed(bad)}",
            "Recreate the proxy: `gossamer restart deploy/NAME`",
        )
    return fine("every admin socket is private")


def _logs(seen: ProxiesFacts) -> CheckVerdict:
    bad = _where(seen, lambda p: p.log_bytes > LARGE_LOG)
    if bad:
        return warning(
            f"proxies with large access logs: {listed(bad)}",
            "Recreate the proxy: `gossamer restart deploy/NAME`",
        )
    return fine("access logs are small")


def _checks(
    *pairs: tuple[str, Callable[[ProxiesFacts], CheckVerdict]],
) -> Iterable[Check[ProxiesFacts]]:
    return (Check(Area.PROXIES, code, look) for code, look in pairs)


CHECKS: tuple[Check[ProxiesFacts], ...] = tuple(
    _checks(
        ("proxy-live", _live),
        ("proxy-ready", _ready),
        ("proxy-connected", _connected),
        ("proxy-synced", _synced),
        ("proxy-rejected", _rejected),
        ("proxy-admin", _silent),
        ("proxy-warming", _warming),
        ("proxy-updates", _updates),
        ("proxy-version", _version),
        ("proxy-restarts", _restarts),
        ("proxy-memory", _memory),
        ("proxy-admin-private", _admin),
        ("proxy-log-size", _logs),
    )
)
