"""Golden pairs: NAME.in.yaml is a mesh with one feature in it, NAME.out.yaml what that changes.

The bare mesh is what the Kubernetes core kinds of the input say, MeshConfig apart; the output holds
what every proxy gets otherwise, by workload, kind and name. The head of an input is comment lines:

- lines of prose: the promise that the pair keeps;
- `show: NS/WORKLOAD, …`: whose proxies to show (else all that differ);
- `bare: KIND, KIND NAME, …`: what else counts as the bare mesh (a Gateway that routes hang on);
- `ask: PORT/HOST, …`: hosts as callers write them, beside the full names of all services.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import FilesRead, read_all
from gossamer.model.finding import Finding, Severity
from gossamer.store.paths import File
from tests.features.proxies import Bodies, all_bodies, readable

FOLDER = Path(__file__).parent
WORDS = ("show", "bare", "ask")
MESH_CONFIG = ("ConfigMap", "istio")
CORE = ("", "apps", "batch", "discovery.k8s.io")


@dataclass(frozen=True, slots=True)
class Case:
    """One pair, as the head of its input describes it."""

    path: Path
    promise: str
    show: tuple[str, ...]
    bare: tuple[str, ...]
    ask: tuple[str, ...]

    @property
    def id(self) -> str:
        """FEATURE/NAME, with the promise behind it."""
        return f"{self.path.parent.name}/{self.name}: {self.promise}"

    @property
    def name(self) -> str:
        """NAME of the pair."""
        return self.path.name.removesuffix(".in.yaml")

    @property
    def out(self) -> Path:
        """The output beside the input."""
        return self.path.with_name(f"{self.name}.out.yaml")


def cases() -> list[Case]:
    """Every pair below this folder."""
    return [case_at(path) for path in sorted(FOLDER.glob("*/*.in.yaml"))]


def case_at(path: Path) -> Case:
    """The pair whose input this is."""
    head: dict[str, tuple[str, ...]] = dict.fromkeys(WORDS, ())
    prose: list[str] = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            break
        word, colon, rest = line.lstrip("# ").partition(":")
        if colon and word in WORDS:
            head[word] = tuple(item.strip() for item in rest.split(","))
        else:
            prose.append(line.lstrip("# "))
    return Case(path, " ".join(prose), head["show"], head["bare"], head["ask"])


def read_case(case: Case) -> FilesRead:
    """What the input's documents say."""
    return read_all([File(case.path.name, case.path.read_bytes())])


def errors(read: FilesRead) -> list[Finding]:
    """The findings that an input must not have."""
    return [finding for finding in read.findings if finding.severity is Severity.ERROR]


def bare(case: Case, read: FilesRead) -> FilesRead:
    """The same input without the feature's documents."""
    kept = [
        m
        for m in read.manifests
        if (m.group in CORE and (m.kind, m.name) != MESH_CONFIG)
        or m.kind in case.bare
        or f"{m.kind} {m.name}" in case.bare
    ]
    refs = {manifest.ref for manifest in kept}
    contributions = tuple(c for c in read.contributions if c.object in refs)
    return replace(read, manifests=tuple(kept), contributions=contributions)


def bodies_of(case: Case, read: FilesRead) -> dict[str, Bodies]:
    """What each workload's proxies could come to hold, by NS/WORKLOAD."""
    mesh, pods = offline_mesh(read)
    return {
        f"{pod.namespace}/{pod.workload}": all_bodies(mesh, pod, case.ask)
        for _, pod in sorted(pods.items())
    }


def difference(case: Case) -> dict[str, Any]:
    """What the feature changes: workloads -> kind -> name -> what differs."""
    read = read_case(case)
    before, after = bodies_of(case, bare(case, read)), bodies_of(case, read)
    found: dict[str, Any] = {}
    for workload in case.show or sorted(after):
        changed = _changed_bodies(before.get(workload, {}), after[workload])
        if changed:
            found[workload] = changed
    return dict(_joined(found))


def _changed_bodies(before: Bodies, after: Bodies) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, name in sorted({*before, *after}, key=lambda pair: (pair[0].name, pair[1])):
        old, new = before.get((kind, name)), after.get((kind, name))
        if old == new:
            continue
        shown = "gone" if new is None else changed(readable(kind, old), readable(kind, new))
        found.setdefault(kind.value.rpartition(".")[2], {})[name] = shown
    return found


def changed(old: Any, new: Any) -> Any:
    """The part of `new` that differs; lists of named things are compared by name."""
    if isinstance(old, dict) and isinstance(new, dict):
        kept = {k: changed(old.get(k), v) for k, v in new.items() if old.get(k) != v}
        return {**kept, **{k: "gone" for k in old if k not in new}}
    by_name = _by_name(old), _by_name(new)
    if by_name[0] and by_name[1] and set(by_name[0]) & set(by_name[1]):
        return list(_changed_items(*by_name))
    if _alike(old, new):
        return [changed(one, other) for one, other in zip(old, new, strict=True)]
    return new


def _alike(old: Any, new: Any) -> bool:
    """Lists of as many things each, where the one in the same place is told apart."""
    lists = isinstance(old, list) and isinstance(new, list) and len(old) == len(new)
    return lists and all(isinstance(item, dict) for item in (*old, *new))


def _by_name(items: Any) -> dict[str, Any]:
    """Things by their names; empty unless each has one of its own."""
    if not isinstance(items, list) or not all(isinstance(i, dict) and "name" in i for i in items):
        return {}
    found = {item["name"]: item for item in items}
    return found if len(found) == len(items) else {}


def _changed_items(old: dict[str, Any], new: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, item in new.items():
        if old.get(name) != item:
            yield {"name": name, **changed(old.get(name), item)}
    yield from ({"name": name, "gone": True} for name in old if name not in new)


def _joined(found: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Workloads whose proxies change alike, shown once."""
    together: dict[str, list[str]] = {}
    for workload, changes in found.items():
        together.setdefault(rendered(changes), []).append(workload)
    for workloads in together.values():
        yield ", ".join(workloads), found[workloads[0]]


def rendered(value: Any) -> str:
    """YAML that depends on the value alone."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=True, width=96, allow_unicode=True)
    return text


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
