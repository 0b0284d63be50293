"""The labs of this user: what runs, what a killed one left, and whether the chosen one is whole."""

from __future__ import annotations

from collections.abc import Callable

from gossamer.cli.checks.facts import Ground, Lab
from gossamer.cli.checks.verdict import (
    Area,
    Check,
    CheckVerdict,
    error,
    fine,
    listed,
    skipped,
    times,
    warning,
)

LARGE_LOGS = 1 << 30


def _leftovers(seen: Ground) -> CheckVerdict:
    if seen.left:
        rests = [f"{name} ({what})" for name, what in seen.left.items()]
        return warning(
            f"killed labs left something behind: {listed(rests)}",
            f"Clean up: `gossamer down --name {next(iter(seen.left))}`",
        )
    return fine("no killed lab left anything behind")


def _others(seen: Ground) -> CheckVerdict:
    others = [name for name in seen.running if name != seen.name]
    if len(others) >= 5:
        return warning(
            f"{len(others)} other labs run: {listed(others)}",
            f"End those you do not need: `gossamer down --name {others[0]}`",
        )
    return fine(f"other labs that run: {listed(others) or 'none'}")


def _record(seen: Ground) -> CheckVerdict:
    bad = [name for name, schema in seen.records.items() if schema != seen.schema]
    if bad:
        return warning(
            f"labs whose lab.json this gossamer cannot read: {listed(bad)}",
            "They were made by another version: end them with that one, "
            f"or clean them up: `gossamer down --name {bad[0]}`",
        )
    return fine("every lab was made by a version that this one can read")


def _running(seen: Ground) -> CheckVerdict:
    if seen.name in seen.running:
        return fine(f"lab {seen.name!r} runs")
    others = f"; those that run: {listed(seen.running)} (--name)" if seen.running else ""
    return skipped(f"lab {seen.name!r} does not run{others}")


def _holder(seen: Lab) -> CheckVerdict:
    if seen.error:
        return error(
            f"the holder of lab {seen.name!r} does not answer: {seen.error}",
            f"See its logs/holder.log; `gossamer down --name {seen.name}` ends all of it",
        )
    return fine("the holder answers")


def _processes(seen: Lab) -> CheckVerdict:
    down = [
        f"{each['name']} ({each['state']}, status {each['status']})"
        for each in seen.processes
        if each["state"] in ("waiting", "crash-loop") and _own(each["name"])
    ]
    if down:
        return error(
            f"processes that keep exiting: {listed(down)}",
            f"See the folder logs/ of lab {seen.name!r}: each has a file there",
        )
    return fine(f"{len(seen.processes)} processes are supervised by the holder")


def _restarts(seen: Lab) -> CheckVerdict:
    often = [
        f"{each['name']} ({times(each['restarts'])})"
        for each in seen.processes
        if each["restarts"] and _own(each["name"])
    ]
    if often:
        return warning(
            f"processes that had to be restarted: {listed(often)}",
            f"Look for the cause in the folder logs/ of lab {seen.name!r}",
        )
    return fine("no process had to be restarted")


def _own(name: str) -> bool:
    """Plane, agent, resolver, edges; containers and proxies have checks of their own."""
    return "/" not in name


def _folder(seen: Lab) -> CheckVerdict:
    if seen.folder_mode & 0o077:
        return error(
            f"others may look into the lab's folder (mode {seen.folder_mode:04o}): "
            "it holds keys and sockets",
            f"Close it: `chmod 700` the folder of lab {seen.name!r}",
        )
    return fine("the lab's folder is private")


def _sockets(seen: Lab) -> CheckVerdict:
    if seen.loose_sockets:
        return error(
            f"sockets that others may open: {listed(seen.loose_sockets)}",
            "Close them: `chmod 600 SOCKET`; `gossamer restart` recreates a proxy's",
        )
    return fine("every socket is private")


def _edges(seen: Lab) -> CheckVerdict:
    dead = [f"{side} ({state})" for side, state in seen.edges.items() if state != "LIVE"]
    if dead:
        return error(
            f"the edge is not live: {listed(dead)}; gateways or the way out do not work",
            f"See logs/edge-outer.log and logs/edge-inner.log of lab {seen.name!r}",
        )
    return fine("both edges are live")


def _gateways(seen: Lab) -> CheckVerdict:
    if seen.refusing_gateways:
        return error(
            f"gateways that take no connection: {listed(seen.refusing_gateways)}",
            "See whether their pods are ready: `gossamer get pods -A`",
        )
    if not seen.gateways:
        return fine("no gateway is declared")
    return fine(f"gateways take connections: {listed(each['url'] for each in seen.gateways)}")


def _ports(seen: Lab) -> CheckVerdict:
    """A gateway keeps its declared port where that is free; another one surprises people."""
    moved = [
        f"{each['name']} port {each['port']} at {each['url']}"
        for each in seen.gateways
        if int(each["port"]) >= 1024 and not each["url"].endswith(f":{each['port']}")
    ]
    if moved:
        return warning(
            f"gateways that are not at their own port, which was taken: {listed(moved)}",
            "End what listens there (another lab: `gossamer down --name NAME`), then start again",
        )
    return fine("every gateway is where it is expected")


def _log_size(seen: Lab) -> CheckVerdict:
    size = f"logs hold {seen.log_bytes >> 20} MiB"
    if seen.log_bytes > LARGE_LOGS:
        return warning(size, f"Restart the lab: `gossamer down --name {seen.name}` and `up`")
    return fine(size)


def _log_access(seen: Lab) -> CheckVerdict:
    if seen.unreadable_logs:
        return warning(
            f"logs that you cannot read: {listed(seen.unreadable_logs)}",
            "Run gossamer as the user who started the lab",
        )
    return fine("every log can be read")


def _ground(code: str, look: Callable[[Ground], CheckVerdict]) -> Check[Ground]:
    return Check(Area.LAB, code, look)


def _check(code: str, look: Callable[[Lab], CheckVerdict]) -> Check[Lab]:
    return Check(Area.LAB, code, look)


GROUND_CHECKS: tuple[Check[Ground], ...] = (
    _ground("leftovers", _leftovers),
    _ground("other-labs", _others),
    _ground("lab-record", _record),
    _ground("lab-running", _running),
)

CHECKS: tuple[Check[Lab], ...] = (
    _check("holder", _holder),
    _check("processes-running", _processes),
    _check("process-restarts", _restarts),
    _check("lab-folder", _folder),
    _check("sockets", _sockets),
    _check("edges", _edges),
    _check("gateways", _gateways),
    _check("gateway-ports", _ports),
    _check("log-size", _log_size),
    _check("log-access", _log_access),
)
