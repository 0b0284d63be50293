"""`gossamer up`: run manifests as a local mesh."""

from __future__ import annotations

import os
import sys
from typing import Any

import click
from msgspec.structs import replace

from gossamer.cli.commands.manifests.analyze import finding_lines
from gossamer.cli.error import CliError
from gossamer.cli.lab_access.addresses import url_lines
from gossamer.cli.lab_access.labs import require_own
from gossamer.cli.lab_access.pods import workload_of
from gossamer.cli.lab_access.stand_ins import offer_stand_ins
from gossamer.cli.options import (
    StandInCommand,
    files_namespace_option,
    lab_option,
    output_option,
    paths_argument,
    stand_in_option,
)
from gossamer.cli.reading import placed, tell_passed_by
from gossamer.cli.terminal.endings import interrupt_on_endings
from gossamer.cli.terminal.output import print_json, say
from gossamer.cli.terminal.progress import OF_PODS, StartFailed, follow_start
from gossamer.identity.plan import LIFETIME_VARIABLE, lifetime_of
from gossamer.lab.files import Files, read_files
from gossamer.lab.home import LabFolder, state_home
from gossamer.lab.preflight import preflight
from gossamer.lab.start import LabHandle, start, stop
from gossamer.plane.client import PlaneClient, PlaneRefused, PlaneUnreachable
from gossamer.render.given import Inputs
from gossamer.store.paths import File, PathProblem


def _lifetime(context: click.Context, option: click.Parameter, text: str | None) -> str | None:
    try:
        return str(text) if text and lifetime_of(text) else None
    except ValueError as error:
        raise click.BadParameter(f"{error}. Nothing was started") from error


@click.command(cls=StandInCommand)
@paths_argument
@stand_in_option
@click.option("--overwrite", is_flag=True, help="With --stand-in=write: replace a lab.yaml.")
@click.option("--detach", is_flag=True, help="Return when all is Ready (0) or say what is not (1).")
@click.option("--wait", "patience", default=120.0, show_default=True, help="Seconds until Ready.")
@click.option(
    "--certificate-lifetime",
    "lifetime",
    envvar=LIFETIME_VARIABLE,
    show_envvar=True,
    metavar="DURATION",
    callback=_lifetime,
    help="How long a workload's certificate lives (24h); it is renewed at half of that.",
)
@files_namespace_option
@lab_option
@output_option()
def up(
    paths: Inputs,
    namespace: str | None,
    stand_in: str | None,
    overwrite: bool,
    detach: bool,
    patience: float,
    lifetime: str | None,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Run the manifests in PATH... as a local mesh, until Ctrl-C or `gossamer down`.

    Where nothing but a change of the manifests can make the rest Ready, it says so at once
    instead of waiting. Ctrl-C before all is Ready ends the lab in either case; so do SIGTERM and
    a terminal that is closed.
    """
    if stand_in == "write":
        from gossamer.cli.offline.lab_file_writing import write_lab_file

        say(write_lab_file(paths, _read(paths, namespace), overwrite=overwrite))
        return
    check_ground()
    require_own(lab)
    files = replace(_read(paths, namespace), stand_in=stand_in is not None)
    handle: LabHandle | None = None
    interrupt_on_endings()
    try:
        handle = _start(lab, files, lifetime)
        ready = wait_ready(handle, patience)
        shown = shape(handle)
        if output == "json":
            print_json(shown)
        else:
            show(shown, lab)
        if not detach:
            say("Ctrl-C ends it.", err=True)
            for _ in handle.events():
                pass
    except KeyboardInterrupt:
        stop(lab.name, state_home(os.environ))
        sys.exit(0 if not detach else 130)
    finally:
        if handle and not detach:
            stop(lab.name, state_home(os.environ))
    sys.exit(0 if ready else 1)


def _read(paths: Inputs, namespace: str | None) -> Files:
    try:
        files = read_files(paths)
    except PathProblem as problem:
        raise CliError(str(problem)) from problem
    tell_passed_by(files.passed_by)
    if namespace is None:
        return files
    given = [File(name, text.encode()) for name, text in files.manifests]
    manifests = tuple((each.name, each.raw.decode()) for each in placed(given, namespace))
    return replace(files, manifests=manifests)


def _start(lab: LabFolder, files: Files, lifetime: str | None) -> LabHandle:
    asked = {LIFETIME_VARIABLE: lifetime} if lifetime else {}
    try:
        return start(lab.name, files, state_home(os.environ), {**os.environ, **asked})
    except OSError as refused:
        raise CliError(
            f"the lab's folder {lab.root} cannot be used ({refused.strerror}), so nothing was "
            "started; set GOSSAMER_HOME to a folder of yours with room in it"
        ) from refused


def check_ground() -> None:
    """Raises CliError where this machine refuses what a lab needs, with the remedies."""
    obstacles = preflight()
    if any(each.fatal for each in obstacles):
        raise CliError("this machine cannot run a lab:\n" + "\n".join(f"  {o}" for o in obstacles))
    for each in obstacles:
        say(f"gossamer: {each}", err=True)


def wait_ready(handle: LabHandle, patience: float) -> bool:
    """Show progress until Ready; False, with each reason, when patience is over."""
    try:
        waiting = follow_start(handle.events(patience))
        why = "waiting does not help"
    except StartFailed as failed:
        raise CliError(str(failed)) from failed
    except TimeoutError:
        waiting, why = _unready(handle), f"{patience:g} s are over"
    _tell_of_pods(handle)
    for key, reason in waiting.items():
        say(f"pod {key} is not ready: {reason}", err=True)
    if waiting:
        offer_stand_ins(waiting.values(), handle.folder.name)
        say(
            f"gossamer: not everything is Ready, and {why}. The lab runs: fix what is named with "
            "`gossamer apply -f`, or end it with `gossamer down`",
            err=True,
        )
    return not waiting


def _tell_of_pods(handle: LabHandle) -> None:
    """The findings that could not be judged before the pods were there."""
    try:
        findings = PlaneClient(handle.folder.plane_socket, handle.folder.name).findings()[
            "findings"
        ]
    except (PlaneUnreachable, PlaneRefused):
        return
    for each in findings:
        if each["code"] in OF_PODS[:2] and each["severity"] != "info":
            say("\n".join(finding_lines(each)), err=True)


def _unready(handle: LabHandle) -> dict[str, str]:
    """Each pod that is not ready, with its reason; the whole lab where it has no pods yet."""
    pods = handle.call("pods")["pods"]
    reasons = {f"{p['namespace']}/{p['name']}": p["reason"] for p in pods if _missing(p)}
    return reasons or {"(none)": "the lab has not started its pods yet; see `gossamer check`"}


def _missing(pod: dict[str, Any]) -> bool:
    return not pod["ready"] and pod["phase"] != "succeeded"


def shape(handle: LabHandle) -> dict[str, Any]:
    """`{gateways, urls, console, pods}`, the contract's shape."""
    pods = handle.call("pods")["pods"]
    return {
        "gateways": handle.call("gateways")["gateways"],
        "urls": handle.call("urls")["urls"],
        "console": None,
        "pods": [
            {
                "name": pod["name"],
                "namespace": pod["namespace"],
                "workload": workload_of(pod),
                "ip": pod["ip"],
                "ready": pod["ready"],
                "proxy": pod["proxy"],
            }
            for pod in pods
        ],
    }


def show(shown: dict[str, Any], lab: LabFolder) -> None:
    """The same for people."""
    ready = sum(bool(pod["ready"]) for pod in shown["pods"])
    say(f"{ready} of {len(shown['pods'])} pods are ready")
    for line in url_lines(shown["urls"], lab):
        say(line)
