"""`gossamer up`: run manifests as a local mesh."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
from msgspec.structs import replace

from gossamer.cli.commands.manifests.analyze import finding_lines
from gossamer.cli.error import CliError
from gossamer.cli.foreground.follow import ForegroundWish, follow
from gossamer.cli.lab_access.addresses import lab_words, url_lines
from gossamer.cli.lab_access.authority import authority_options
from gossamer.cli.lab_access.labs import require_no_token, require_own, runs
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
from gossamer.cli.terminal.endings import Ending, interrupt_on_endings
from gossamer.cli.terminal.output import one_line, print_json, say
from gossamer.cli.terminal.progress import OF_PODS, StartFailed, follow_start
from gossamer.cli.terminal.start_outcome import (
    StartOutcome,
    counted,
    next_steps,
    waiting_lines,
)
from gossamer.identity.plan import LIFETIME_VARIABLE, lifetime_of
from gossamer.lab.files import Files, read_files
from gossamer.lab.home import LabFolder, state_home
from gossamer.lab.preflight import preflight
from gossamer.lab.start import LabHandle, attach, start, stop
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
@click.option("--prune", is_flag=True, help="Again: delete objects that left the files.")
@click.option("--watch", is_flag=True, help="Apply the files whenever one of them is saved.")
@click.option("--logs/--no-logs", default=None, help="Show what pods write (on a terminal).")
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
@authority_options
@files_namespace_option
@lab_option
@output_option()
def up(
    paths: Inputs,
    namespace: str | None,
    stand_in: str | None,
    overwrite: bool,
    detach: bool,
    prune: bool,
    watch: bool,
    logs: bool | None,
    patience: float,
    lifetime: str | None,
    authority: Mapping[str, str],
    lab: LabFolder,
    output: str | None,
) -> None:
    """Run the manifests in PATH... as a local mesh, until Ctrl-C or `gossamer down`.

    Where nothing but a change of the manifests can make the rest Ready, it says so at once
    instead of waiting. Ctrl-C before all is Ready ends the lab in either case; so do SIGTERM and
    a terminal that is closed. Of a lab that runs already it applies what changed in the files,
    and returns.
    """
    if stand_in == "write":
        from gossamer.cli.offline.lab_file_writing import write_lab_file

        say(write_lab_file(paths, _read(paths, namespace), overwrite=overwrite))
        return
    require_no_token("`gossamer up`")
    check_ground()
    require_own(lab)
    files = replace(_read(paths, namespace), stand_in=stand_in is not None)
    if detach and watch:
        raise click.UsageError("--watch stays in the foreground; leave --detach out")
    look = _on_save(lab, paths, files, namespace, prune=prune) if watch else None
    wish = ForegroundWish(sys.stdout.isatty() if logs is None else logs, look)
    if runs(lab):
        well = _again(lab, files, patience, output, prune=prune)
        if watch:
            say("Ctrl-C ends the watch; the lab was running before and goes on.", err=True)
            follow(attach(lab.name, state_home(os.environ)), wish)
        sys.exit(0 if well else 1)
    handle: LabHandle | None = None
    interrupt_on_endings()
    try:
        handle = _start(lab, files, lifetime, authority)
        ready = wait_ready(handle, patience)
        shown = _show(handle, output)
        if output is None:
            show_next(shown, lab)
        if not detach:
            say("Ctrl-C ends it.", err=True)
            follow(handle, wish)
    except Ending as ending:
        stop(lab.name, state_home(os.environ))
        sys.exit(ending.status)
    finally:
        if handle and not detach:
            stop(lab.name, state_home(os.environ))
    sys.exit(0 if ready else 1)


def _on_save(
    lab: LabFolder, paths: Inputs, files: Files, namespace: str | None, *, prune: bool
) -> Callable[[], None]:
    """What to do at every look at the files of a watch."""
    from gossamer.cli.foreground.watch import ApplyOnSave

    def read() -> Files:
        return replace(_read(paths, namespace), stand_in=files.stand_in)

    return ApplyOnSave(lab, paths, files, read, prune=prune).look


def _again(
    lab: LabFolder, files: Files, patience: float, output: str | None, *, prune: bool
) -> bool:
    """Apply the files to the lab that runs, and wait; whether all was taken and is Ready."""
    from gossamer.cli.foreground.again import apply_again, until_ready

    handle = attach(lab.name, state_home(os.environ))
    applied = apply_again(handle, files, prune=prune, quiet=output == "json")
    outcome = until_ready(handle, applied.revision, patience)
    outcome.refused = applied.refused
    tell_outcome(outcome, lab, patience)
    _show(handle, output)
    return outcome.well


def _show(handle: LabHandle, output: str | None) -> dict[str, Any]:
    shown = shape(handle)
    if output == "json":
        print_json(shown)
    else:
        show(shown, handle.folder)
    return shown


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


def _start(
    lab: LabFolder, files: Files, lifetime: str | None, authority: Mapping[str, str]
) -> LabHandle:
    asked = {**authority, **({LIFETIME_VARIABLE: lifetime} if lifetime else {})}
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
    """Show progress until Ready; False, with each reason, when that does not come or an object
    was refused."""
    try:
        outcome = follow_start(handle.events(patience))
    except StartFailed as failed:
        raise CliError(str(failed)) from failed
    if outcome.late:
        outcome.waiting = _unready(handle)
    _tell_of_pods(handle)
    tell_outcome(outcome, handle.folder, patience)
    return outcome.well


def tell_outcome(outcome: StartOutcome, lab: LabFolder, patience: float) -> None:
    """What is not as it was asked for, each reason once, and what to do."""
    for line in waiting_lines(outcome.waiting):
        say(one_line(line), err=True)
    words = lab_words(lab)
    if outcome.waiting:
        offer_stand_ins(outcome.waiting.values(), lab.name)
        why = f"{patience:g} s are over" if outcome.late else "waiting does not help"
        say(
            f"gossamer: not everything is Ready, and {why}. The lab runs: fix what is named with "
            f"`gossamer apply{words} -f`, or end it with `gossamer down{words}`",
            err=True,
        )
    if outcome.refused:
        say(
            "gossamer: an object was refused (see the errors above), and the lab runs without it; "
            "fix it and run the same `gossamer up` again",
            err=True,
        )


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
    from gossamer.cli.foreground.again import not_ready

    pods = handle.call("pods")["pods"]
    nothing = {"(none)": "the lab has not started its pods yet; see `gossamer check`"}
    return not_ready(pods) if pods else nothing


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
                "ready": pod["ready"] and pod["phase"] != "succeeded",
                "completed": pod["phase"] == "succeeded",
                "proxy": pod["proxy"],
                "kind": pod["kind"],
                "gateway": pod["gateway"],
            }
            for pod in pods
        ],
    }


def show(shown: dict[str, Any], lab: LabFolder) -> None:
    """The same for people."""
    say(counted(shown["pods"]))
    for line in url_lines(shown["urls"], lab):
        say(line)


def show_next(shown: dict[str, Any], lab: LabFolder) -> None:
    """What to try in a lab that is up for the first time."""
    own = [pod for pod in shown["pods"] if pod["ready"] and not pod["gateway"]]
    for line in next_steps(lab_words(lab), _a_workload(own)):
        say(line, err=True)


def _a_workload(pods: Sequence[Mapping[str, Any]]) -> str | None:
    """How `logs` names one of the lab's Deployments."""
    names = [pod["workload"].partition("/") for pod in pods if pod["kind"] == "Deployment"]
    for namespace, _, name in names:
        return f"deploy/{name}" + ("" if namespace == "default" else f" -n {namespace}")
    return None
