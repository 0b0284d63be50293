"""Does the agent care for every proxy, and does every name resolve?"""

from __future__ import annotations

from collections.abc import Callable

from gossamer.cli.checks.facts import Agent
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

LARGE = 512 << 20


def _answers(seen: Agent) -> CheckVerdict:
    if seen.error:
        return error(
            f"the agent does not answer: {seen.error}; proxies keep "
            "running, but get no updates and no new certificates",
            "See logs/agent.log in the lab's folder; the holder starts it again by itself",
        )
    return fine("the agent answers")


def _answering(look: Callable[[Agent], CheckVerdict]) -> Callable[[Agent], CheckVerdict]:
    return lambda seen: skipped("the agent does not answer") if seen.error else look(seen)


def _connected(seen: Agent) -> CheckVerdict:
    off = [each["pod"] for each in seen.proxies if not each["connected"]]
    if off and len(off) == len(seen.proxies):
        return warning(
            "the agent has no connection to the control plane; proxies serve what they have",
            "See whether it runs: `gossamer status`; `gossamer plane start`",
        )
    return fine("the agent is connected to the control plane")


def _every_pod(seen: Agent) -> CheckVerdict:
    known = {each["pod"] for each in seen.proxies}
    unknown = [pod for pod in seen.pods_with_proxy if pod not in known]
    if unknown:
        return error(
            f"pods that should have a proxy and have none: {listed(unknown)}",
            "See logs/agent.log and logs/holder.log in the lab's folder",
        )
    return fine(f"{len(known)} proxies are supervised by it")


def _strays(seen: Agent) -> CheckVerdict:
    strays = [p["pod"] for p in seen.proxies if p["pod"] not in seen.pods_alive]
    if strays:
        return warning(
            f"proxies whose pod is gone: {listed(strays)}",
            "They exit after their drain; if they stay, see logs/agent.log",
        )
    return fine("no proxy has outlived its pod")


def _names(seen: Agent) -> CheckVerdict:
    if seen.names is None:
        return error(
            "the table of names (names.json) cannot be read, so names stay as they were",
            "See logs/agent.log in the lab's folder; `gossamer down` and `up` recreate it",
        )
    missing = sorted(seen.hosts - seen.names)
    if missing:
        return error(
            f"services whose names are not in names.json: {listed(missing)}",
            "See whether the agent is connected: `gossamer status`",
        )
    return fine(f"{len(seen.names)} names, those of every service among them")


def _resolver(seen: Agent) -> CheckVerdict:
    if seen.resolver is None or seen.resolver["state"] != "running":
        return error(
            "the resolver does not run: pods find no name",
            "See logs/dns.log in the lab's folder",
        )
    return fine(f"the resolver runs, pid {seen.resolver['pid']}")


def _resolves(seen: Agent) -> CheckVerdict:
    if seen.resolved is None:
        return skipped("there is no ready container to ask from")
    if not seen.resolved:
        return fine("there is no service to resolve")
    wrong = [f"{host} ({why})" for host, why in seen.resolved.items() if why]
    if wrong:
        return error(
            f"names that a pod ({seen.asked_from}) cannot resolve rightly: {listed(wrong)}",
            "See logs/dns.log; if only one pod fails, look at its dnsPolicy and /etc/resolv.conf",
        )
    return fine(f"{len(seen.resolved)} names resolve from inside pod {seen.asked_from}")


def _memory(seen: Agent) -> CheckVerdict:
    if seen.private_bytes is None:
        return skipped("its memory cannot be read")
    size = f"the agent holds {seen.private_bytes >> 20} MiB"
    if seen.private_bytes > LARGE:
        return warning(size, "Please report it; a killed agent comes back and harms nothing")
    return fine(size)


def _check(code: str, look: Callable[[Agent], CheckVerdict]) -> Check[Agent]:
    return Check(Area.AGENT, code, look)


CHECKS: tuple[Check[Agent], ...] = (
    _check("agent-answers", _answers),
    _check("agent-connected", _answering(_connected)),
    _check("agent-pods", _answering(_every_pod)),
    _check("agent-strays", _answering(_strays)),
    _check("agent-memory", _memory),
    _check("names", _names),
    _check("resolver", _resolver),
    _check("resolves", _resolves),
)
