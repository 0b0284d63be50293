"""`gossamer segments`: who may call whom by the policies, and who was seen to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.logs.denials import denied_pairs
from gossamer.cli.options import lab_option, names, optional_files_option, output_option
from gossamer.cli.pictures.segments import show_segments
from gossamer.cli.printing.segment_rows import marked_rows, observed_calls
from gossamer.cli.terminal.output import print_json
from gossamer.lab.home import LabFolder
from gossamer.render.given import Inputs

Row = dict[str, Any]


@click.command()
@click.option(
    "-n", "--namespace", default="", help="From or to that one.", shell_complete=names("namespaces")
)
@click.option("--workloads", is_flag=True, help="Workloads in place of namespaces.")
@optional_files_option
@lab_option
@output_option()
def segments(
    namespace: str, workloads: bool, paths: Inputs, lab: LabFolder, output: str | None
) -> None:
    """Show who may call whom by the policies alone, and beside it who was seen to.

    A cell says all, some (it depends on what is asked) or none of the calls are let in, and whether
    any was seen. With -f the policies of these files are shown, without anything seen.
    """
    if paths:
        rows, since = marked_rows(_offline(paths, namespace, workloads), None, {}), None
    else:
        pairs = plane_of(lab).segments(namespace, workloads)["segments"]
        observed = observed_calls(plane_of(lab).traffic()["edges"], workloads)
        refused = _refused(lab, pairs, observed, workloads)
        rows, since = marked_rows(pairs, observed, refused), _began(lab)
    answer = {
        "level": "workloads" if workloads else "namespaces",
        "observed_since": since,
        "observed_s": None if since is None else round(time.time() - since),
        "segments": rows,
    }
    if output == "json":
        print_json(answer)
    else:
        show_segments(answer)


def _began(lab: LabFolder) -> float | None:
    """When the lab started, since when calls are counted."""
    try:
        return lab.record.stat().st_mtime
    except OSError:
        return None


def _refused(
    lab: LabFolder, pairs: Sequence[Row], observed: Any, workloads: bool
) -> dict[tuple[str, str], int]:
    """Of calls that no policy allows, how many were refused: the rest would be, from now on."""
    used = [
        p for p in pairs if p["extent"] != "all" and observed.get((p["source"], p["destination"]))
    ]
    if not used:
        return {}
    pods = ask(lab.holder_socket, {"op": "pods"})["pods"]
    return denied_pairs(lab, pods, workloads)


def _offline(paths: Inputs, namespace: str, workloads: bool) -> list[Row]:
    import msgspec

    from gossamer.cli.offline.offline_mesh import offline_mesh
    from gossamer.cli.reading import files_at, read_all
    from gossamer.explain.walk.call import BadCall
    from gossamer.plane.api.shapes import SegmentsBody
    from gossamer.plane.queries.permission import matrix

    mesh, _ = offline_mesh(read_all(files_at(paths)))
    try:
        shape = matrix(mesh, SegmentsBody(namespace, workloads))
    except BadCall as error:
        raise CliError(str(error)) from error
    return list(msgspec.to_builtins(shape)["segments"])
