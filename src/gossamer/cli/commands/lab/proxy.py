"""`gossamer proxy`: what a pod's Envoy really holds, asked of Envoy itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import click

from gossamer.agent.folder import folder_name
from gossamer.cli.error import CliError
from gossamer.cli.lab_access.pods import find_pod
from gossamer.cli.options import lab_option, namespace_option, output_option
from gossamer.cli.terminal.output import print_json, print_table
from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.envoy.dump import (
    cluster_rows,
    endpoint_rows,
    extension_rows,
    listener_rows,
    route_rows,
    secret_rows,
)
from gossamer.lab.home import LabFolder

Rows = list[dict[str, Any]]


async def _clusters(admin: Admin) -> Rows:
    return cluster_rows(await admin.config())


async def _endpoints(admin: Admin) -> Rows:
    return endpoint_rows(await admin.clusters())


async def _listeners(admin: Admin) -> Rows:
    return listener_rows(await admin.config())


async def _routes(admin: Admin) -> Rows:
    return route_rows(await admin.config())


async def _secrets(admin: Admin) -> Rows:
    return secret_rows(await admin.config(), await admin.certificates())


async def _extensions(admin: Admin) -> Rows:
    return extension_rows(await admin.config())


ASK: Mapping[str, Callable[[Admin], Awaitable[Any]]] = {
    "clusters": _clusters,
    "endpoints": _endpoints,
    "listeners": _listeners,
    "routes": _routes,
    "secrets": _secrets,
    "extensions": _extensions,
    "config": Admin.config,
}


@click.command()
@click.argument("what", type=click.Choice(list(ASK)))
@click.argument("pod")
@namespace_option
@lab_option
@output_option()
def proxy(what: str, pod: str, namespace: str, lab: LabFolder, output: str | None) -> None:
    """Show what POD's proxy holds: its clusters, endpoints, listeners, routes, secrets, the
    configurations of its filters that come by themselves (extensions), or all of it (config)."""
    row = find_pod(lab, pod, namespace)
    key = f"{row['namespace']}/{row['name']}"
    if not row["proxy"]:
        raise CliError(f"pod {key} has no proxy; it is not injected, or not started yet")
    admin = Admin(lab.agent / folder_name(key) / "admin.sock")
    try:
        answer = asyncio.run(_answer(what, admin))
    except AdminSilent as silent:
        raise CliError(str(silent)) from silent
    if output == "json" or what == "config":
        print_json(answer)
    else:
        _show(answer)


async def _answer(what: str, admin: Admin) -> Any:
    return await ASK[what](admin)


def _show(rows: Rows) -> None:
    heads = list(dict.fromkeys(name for row in rows for name in row))
    print_table([head.upper() for head in heads], [[_cell(r.get(h)) for h in heads] for r in rows])


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(_cell(each) for each in value)
    if isinstance(value, dict):
        return " ".join(str(each) for each in value.values())
    return value
