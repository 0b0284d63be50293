"""lab.yaml: what runs instead of images, read as strictly as a manifest is.

`stand-in: true` means all images that nothing else runs. An entry of `images` is a command, the
word stand-in, or a mapping of `run` or `stand-in` with `ports` that the manifest does not declare
and `calls` that it does not name. docs/lab.md has an example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from gossamer.lab.plan.image_rules import STAND_IN, ImageRule
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, Source, quoted
from gossamer.manifests.refusal import DocumentRefused, refusal
from gossamer.manifests.yaml.caps import CAPS
from gossamer.manifests.yaml.parse import parse
from gossamer.manifests.yaml.split import DocumentText, decode
from gossamer.model.finding import Finding

LAB_FILE = "lab.yaml"
_NOTHING_CHANGES = "this entry is left out"
_PORTS = "Write ports as 8080 or 5353/udp"


class LabFile(Struct, frozen=True):
    """What one or more lab.yaml say together."""

    rules: tuple[ImageRule, ...] = ()
    stand_in: bool = False

    def beside(self, other: LabFile) -> LabFile:
        """Both; where both mean an image, the first counts."""
        return LabFile((*self.rules, *other.rules), self.stand_in or other.stand_in)


NOTHING_SAID = LabFile()


def read_lab_file(raw: bytes, file: str) -> tuple[LabFile, tuple[Finding, ...]]:
    """Its meaning, and what is wrong in it, with lines; what is wrong is left out alone."""
    findings: list[Finding] = []
    try:
        part = DocumentText(decode(raw, CAPS), 1)
        value, lines = parse(part)
        if not isinstance(value, Mapping | None):
            raise DocumentRefused(1, "not-a-manifest", "lab.yaml is not a mapping", _SHAPE)
    except DocumentRefused as refused:
        return LabFile(), (refusal(refused, file, 0, ""),)
    manifest = Manifest("", "Lab", "", LAB_FILE, body=value or {}, source=Source(file, 0, lines))
    with Fields(manifest, (), findings) as top:
        stand_in = top.boolean("stand-in", False)
        rules = tuple(_rules(top))
    return LabFile(rules, stand_in), tuple(findings)


_SHAPE = "Write  images: {'redis*': 'redis-server'}"


def _rules(top: Fields) -> Iterator[ImageRule]:
    images = top.child("images")
    for glob, entry in top.manifest.body.get("images", {}).items() if images else ():
        if isinstance(entry, Mapping):
            with images.child(glob) as fields:
                yield from _rule(glob, fields)
        elif run := images.string(glob, required=True):
            yield ImageRule(glob, run)


def _rule(glob: str, entry: Fields) -> Iterator[ImageRule]:
    run, stand_in = entry.string("run", ""), entry.boolean("stand-in")
    ports, calls = tuple(_ports(entry)), entry.strings("calls")
    if run and stand_in:
        entry.report(
            "run and stand-in are set together, but only one is allowed",
            "the command of run is used",
            "Keep one of them",
            field="stand-in",
        )
    if run and calls:
        entry.report(
            "calls are for a stand-in, and run names a command",
            "they are ignored",
            "Leave calls out, or run",
            field="calls",
        )
    if not run and stand_in is False:
        entry.report("neither run nor a stand-in", _NOTHING_CHANGES, _SHAPE, field="stand-in")
        return
    yield ImageRule(glob, run or STAND_IN, ports, calls)


def _ports(entry: Fields) -> Iterator[tuple[int, str]]:
    written = entry.value("ports")
    if written is not None and not isinstance(written, tuple):
        what = f"ports is {quoted(written)}, not a list"
        entry.report(what, "none is added", _PORTS, field="ports")
        return
    for each in written or ():
        number, _, kind = str(each).partition("/")
        if not number.isdigit() or not 0 < int(number) < 65536 or kind not in ("", "tcp", "udp"):
            entry.report(f"{quoted(each)} is not a port", "it is left out", _PORTS, field="ports")
        else:
            yield int(number), kind.upper() or "TCP"
