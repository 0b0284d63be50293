"""`gossamer explain`: what would become of a call, hop by hop, and because of which lines."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_client, token_in
from gossamer.cli.lab_access.pods import WORKLOADS, find_pod
from gossamer.cli.lab_access.seen_pods import seen_pod
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import header_option, lab_option, namespace_option, output_option
from gossamer.cli.printing.places import place_words
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder

OUTSIDE = "outside"
LOOPBACK = "127.0.0.1"
"""Who calls a lab from outside calls from here: nothing listens on another address."""

Told = Mapping[str, Any]
Headers = list[tuple[str, str]]


@click.command()
@click.argument("url")
@click.option("--from", "source", required=True, metavar="POD", help="Who calls, or `outside`.")
@click.option("-X", "--request", "method", default="GET", show_default=True, help="The method.")
@header_option
@click.option("--client-ip", "client", help="The address of who calls from outside.")
@click.option("-f", "--filename", "paths", multiple=True, help="Explain these files, offline.")
@namespace_option
@lab_option
@output_option()
def explain(
    url: str,
    source: str,
    method: str,
    headers: Headers,
    client: str | None,
    paths: tuple[str, ...],
    namespace: str,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Say what Envoy would do with a call of POD to URL, and why.

    POD is POD, NAMESPACE/POD, deploy/NAME, or the word `outside` for a call through a gateway.
    With -f the mesh is what a lab would make of the files; else it is the running lab.
    """
    request = _Request(url, method, headers, client)
    if paths:
        explanation = _offline(paths, source, namespace, request)
    else:
        explanation = _live(lab, source, namespace, request)
    if output == "json":
        print_json(explanation)
    else:
        show(explanation)


class _Request(NamedTuple):
    """What is asked, and by whom outside (None: nobody said)."""

    url: str
    method: str
    headers: Headers
    client: str | None


def _live(lab: LabFolder, source: str, namespace: str, request: _Request) -> Told:
    url, headers, client = request.url, request.headers, request.client or ""
    if token_in(os.environ):
        source = source if source == OUTSIDE else seen_pod(lab, source, namespace)
    elif source == OUTSIDE:
        url, headers = _through_door(lab, url, headers)
        client = request.client or LOOPBACK
    else:
        pod = find_pod(lab, source, namespace)
        source = f"{pod['namespace']}/{pod['name']}"
    return plane_client(lab).explain(source, url, request.method, headers, client)


def _through_door(lab: LabFolder, url: str, pairs: Headers) -> tuple[str, Headers]:
    """A gateway's URL on this machine as the gateway sees the call: its port, the same Host."""
    try:
        split = urlsplit(url)
    except ValueError as error:
        raise CliError(f"URL {url[:200]!r} cannot be read: {error}") from error
    for gateway in ask(lab.holder_socket, {"op": "gateways"})["gateways"]:
        if urlsplit(gateway["url"]).netloc == split.netloc and split.netloc:
            there = split._replace(netloc=f"{split.hostname}:{gateway['port']}").geturl()
            named = any(name.lower() == "host" for name, _ in pairs)
            return there, pairs if named else [*pairs, ("Host", split.netloc)]
    return url, pairs


def _offline(paths: tuple[str, ...], source: str, namespace: str, request: _Request) -> Told:
    import msgspec

    from gossamer.cli.offline.offline_mesh import offline_mesh
    from gossamer.cli.reading import files_at, read_all
    from gossamer.explain.explain import explain_call
    from gossamer.explain.report.shaping import shape_of
    from gossamer.explain.walk.call import BadCall, call_to

    mesh, pods = offline_mesh(read_all(files_at(paths)))
    wanted = source if source == OUTSIDE else _planned(pods, source, namespace)
    try:
        url, method, headers, client = request
        explanation = explain_call(mesh, call_to(wanted, url, method, headers, client or ""))
    except BadCall as error:
        raise CliError(str(error)) from error
    shape: Told = msgspec.to_builtins(shape_of(explanation))
    return shape


def _planned(pods: Mapping[str, Any], source: str, namespace: str) -> str:
    """The pod of that name among those that a lab would start."""
    kind, slash, rest = source.partition("/")
    if slash and kind in WORKLOADS:
        keys = [k for k, p in pods.items() if (p.namespace, p.workload) == (namespace, rest)]
    else:
        keys = [key for key in pods if key == (source if slash else f"{namespace}/{source}")]
    if not keys:
        known = ", ".join(sorted(pods)) or "none"
        raise CliError(f"no pod {source!r} comes of these files; pods: {known}")
    return min(keys)


def show(explanation: Told) -> None:
    """Hops with the lines that decided, then who lost and why, then the end of it."""
    say(explanation["call"])
    for hop in explanation["hops"]:
        say(f"  {hop['step']:>12}  {hop['says']}")
        for each in hop["because"]:
            say(f"  {'':>12}    {place_words(each)}")
    for policy in explanation["policies"]:
        say(f"  {'policy':>12}  {policy['policy']}  {place_words(policy)}")
    for line in _header_lines(explanation["headers"]):
        say(f"  {'headers':>12}  {line}")
    for lost in explanation["lost"]:
        say(f"  {'not':>12}  {lost['rule']}: {lost['why']}")
        say(f"  {'':>12}    {place_words(lost)}")
    status = f" {explanation['status']}" if explanation["status"] else ""
    where = f" to {explanation['location']}" if explanation["location"] else ""
    say(f"{explanation['verdict']}{status}{where}")
    for backend in explanation["backends"]:
        say(f"  {backend['weight']:>6g} %  {_backend(backend)}")


def _backend(backend: Told) -> str:
    parts = [
        backend["address"],
        backend["pod"],
        backend["subset"] and f"subset {backend['subset']}",
    ]
    parts += ["mTLS" if backend["mtls"] else "plaintext", backend["refusal"]]
    return "  ".join(part for part in parts if part)


def _header_lines(headers: Told) -> Iterable[str]:
    request, response = headers["request"] or {}, headers["response"] or {}
    for name, values in request.get("changed", {}).items():
        yield f"request {name}: {', '.join(values)}"
    for name in request.get("removed", ()):
        yield f"request without {name}"
    for name, value in response.get("set", {}).items():
        yield f"response {name}: {value}"
    for each in response.get("add", ()):
        yield f"response + {each['name']}: {each['value']}"
    for name in response.get("remove", ()):
        yield f"response without {name}"
