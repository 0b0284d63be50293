"""`gossamer status`: the control plane and every proxy; works without the plane."""

from __future__ import annotations

import os
from typing import Any

import click

from gossamer.cli.lab_access.labs import plane_client, token_in
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, print_table, say
from gossamer.lab.home import LabFolder
from gossamer.plane.client import PlaneRefused, PlaneUnreachable
from gossamer.plane.streams.undeclared import UNDECLARED_AT_MOST

HOSTS = ("undeclared_hosts", "refused_hosts", "past_host_bound")
HEADS = ("POD", "WORKLOAD", "ENVOY", "CONNECTED", "SYNCED", "PENDING", "REJECTED", "CERT EXPIRES")


@click.command()
@lab_option
@output_option()
def status(lab: LabFolder, output: str | None) -> None:
    """Show the control plane and every proxy, as the plane and the agent know them."""
    state = status_of(lab)
    if output == "json":
        print_json(state)
        return
    plane = state["plane"]
    say(
        f"plane: running, pid {plane['pid']}, revision {plane.get('revision')}"
        if plane.get("pid")
        else f"plane: not answering ({plane['error']})"
    )
    for name, source in plane.get("sources", {}).items():
        if source["stale"] or source.get("problem"):
            say(_last_known_good(name, source))
    for gateway in state["gateways"]:
        say(f"gateway {gateway['name']}: {gateway['url']}")
    print_table(HEADS, [_row(proxy) for proxy in state["proxies"]])
    for proxy in state["proxies"]:
        if proxy.get("past_host_bound"):
            say(_past_host_bound(proxy["pod"]))


def status_of(lab: LabFolder) -> dict[str, Any]:
    """`{plane, proxies, gateways}`; where the plane is away, what the agent knows by itself.

    With a token the plane alone is asked: it knows who may see what.
    """
    if token_in(os.environ):
        return {"gateways": [], **_as_allowed(plane_client(lab).status())}
    proxies = ask(lab.agent_socket, {"op": "status"})["proxies"]
    try:
        answer = plane_client(lab).status()
        plane, hosts = answer["plane"], {each["pod"]: _hosts(each) for each in answer["proxies"]}
    except (PlaneUnreachable, PlaneRefused) as error:
        plane, hosts = {"pid": None, "error": str(error)}, {}
    proxies = [proxy | hosts.get(proxy["pod"], {}) for proxy in proxies]
    gateways = ask(lab.holder_socket, {"op": "gateways"})["gateways"]
    return {"plane": plane, "proxies": proxies, "gateways": gateways}


def _as_allowed(state: dict[str, Any]) -> dict[str, Any]:
    """What the plane shows; only the agent knows of Envoys and of when certificates expire."""
    unknown = {"envoy": None, "certificate_expires": None}
    return {**state, "proxies": [unknown | proxy for proxy in state["proxies"]]}


def _hosts(proxy: dict[str, Any]) -> dict[str, Any]:
    """What the plane alone knows of a proxy: how many hosts it asked for that no object
    declares."""
    return {key: proxy[key] for key in HOSTS if key in proxy}


def _past_host_bound(pod: str) -> str:
    return (
        f"pod {pod}: it called more than {UNDECLARED_AT_MOST} hosts that no object declares by "
        "name, so its proxy holds every declared host now and needs more memory, until the pod is "
        "replaced; declare what it calls with ServiceEntries, or find out who invents Hosts"
    )


def _last_known_good(name: str, source: dict[str, Any]) -> str:
    why = source.get("problem") or "it reports no more"
    return (
        f"source {name} ({source['observes']}): {why}; what it said {source['age_s']:.0f} s ago "
        "stays in effect"
    )


def _row(proxy: dict[str, Any]) -> tuple[Any, ...]:
    words = {True: "yes", False: "no"}
    return (
        proxy["pod"],
        proxy["workload"],
        proxy["envoy"],
        words[bool(proxy["connected"])],
        words[bool(proxy["synced"])],
        proxy["pending"],
        len(proxy["rejected"]),
        proxy["certificate_expires"],
    )
