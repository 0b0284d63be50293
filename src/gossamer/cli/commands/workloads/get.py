"""`gossamer get`: objects as the mesh stores them; pods as the lab runs them."""

from __future__ import annotations

from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.pods import workload_of
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import lab_option, namespace_option, output_option
from gossamer.cli.terminal.output import print_json, print_table, print_yaml, say
from gossamer.lab.home import LabFolder

KINDS = {
    "po": "Pod",
    "pods": "Pod",
    "pod": "Pod",
    "svc": "Service",
    "deploy": "Deployment",
    "sts": "StatefulSet",
    "ds": "DaemonSet",
    "cm": "ConfigMap",
    "ns": "Namespace",
    "sa": "ServiceAccount",
    "vs": "VirtualService",
    "dr": "DestinationRule",
    "gw": "Gateway",
    "se": "ServiceEntry",
    "pa": "PeerAuthentication",
    "ep": "Endpoints",
    "gtw": "Gateway",
}


@click.command()
@click.argument("kind")
@click.argument("object_name", metavar="[NAME]", required=False)
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="Of every namespace.")
@namespace_option
@lab_option
@output_option("yaml")
def get(
    kind: str,
    object_name: str | None,
    everywhere: bool,
    namespace: str,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Show objects of KIND (virtualservice, vs, svc, pods…), or the one of that name."""
    home = None if everywhere else namespace
    if kind in ("po", "pod", "pods"):
        found, shown = _pods(lab, home, object_name), _show_pods
    else:
        documents: list[Any] = plane_of(lab).documents()["documents"]
        found, shown = _chosen(documents, kind, home, object_name), _show_documents
    if object_name and not found:
        raise CliError(
            f"there is no {full_kind(kind)} {object_name!r} "
            f"{f'in namespace {namespace!r}' if home else 'in any namespace'}; "
            f"`gossamer get {kind} -A` lists those that are"
        )
    if not found and output is None:
        where = f"in namespace {namespace!r}; -A shows all" if home else "in this lab"
        say(f"there is no {full_kind(kind)} {where}", err=True)
        return
    if output == "json":
        print_json(found)
    elif output == "yaml":
        _show_yaml(found)
    else:
        shown(found)


def full_kind(asked: str) -> str:
    """The kind behind a person's word: short forms spelled out, a plural's `s` dropped."""
    word = asked.lower()
    return KINDS.get(word) or (asked[:-1] if word.endswith("s") else asked)


def same_kind(asked: str, kind: str) -> bool:
    """Whether a person's word means that kind: its name, plural or short form, in any case."""
    word, full = asked.lower(), kind.lower()
    plurals = (full, f"{full}s", f"{full}es", f"{full[:-1]}ies")
    return word in plurals or KINDS.get(word, "").lower() == full


def _chosen(
    documents: list[dict[str, Any]], kind: str, namespace: str | None, name: str | None
) -> list[dict[str, Any]]:
    return [
        each
        for each in documents
        if same_kind(kind, each["kind"])
        and (namespace is None or each["namespace"] in (namespace, ""))
        and name in (None, each["name"])
    ]


def _pods(lab: LabFolder, namespace: str | None, name: str | None) -> list[dict[str, Any]]:
    pods = ask(lab.holder_socket, {"op": "pods"})["pods"]
    return [
        pod for pod in pods if namespace in (None, pod["namespace"]) and name in (None, pod["name"])
    ]


def _show_documents(found: list[dict[str, Any]]) -> None:
    rows = [
        (d["namespace"] or None, d["name"], d["kind"], f"{d['file']}:{d['line']}") for d in found
    ]
    print_table(("NAMESPACE", "NAME", "KIND", "FROM"), rows)


def _show_pods(found: list[dict[str, Any]]) -> None:
    rows = [
        (
            pod["namespace"],
            pod["name"],
            workload_of(pod),
            pod["ip"],
            "yes" if pod["ready"] else "no",
            "yes" if pod["proxy"] else "no",
            pod.get("reason") or None,
        )
        for pod in found
    ]
    print_table(("NAMESPACE", "NAME", "WORKLOAD", "IP", "READY", "PROXY", "REASON"), rows)


def _show_yaml(found: list[dict[str, Any]]) -> None:
    print_yaml(each.get("body", each) for each in found)
