"""Make a pod's mount namespace, following the composition that composition.py lays out.

The pod's first process (pause.py) does this in a namespace of its own. Nothing here can touch
the host's view: the namespace is private before the first mount, and the new root replaces the
old one at the end. And nothing that the pod can write to is the host's: it is the pod's own, an
overlay, or read-only.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from gossamer.lab.stray_processes import remove_tree
from gossamer.lab.world import kernel
from gossamer.lab.world.composition import (
    HostDisk,
    MountedVolume,
    MountKind,
    MountPlan,
    MountPoint,
    compose,
    compose_without_overlay,
)
from gossamer.lab.world.system_trees import SYSTEM_TREES

_FRESH_MODES = {PurePosixPath("/tmp"): "1777"}


def build(plan: MountPlan, folder: Path, root: Path, keep: Sequence[str] = ()) -> list[str]:
    """Make this process's mount and UTS namespaces what `plan` says; notes on what they lack.

    `folder` holds the pod's own writes, `root` is an empty folder to build on, `keep` are paths
    that stay visible although /tmp and /run are fresh.
    """
    if plan.hostname:
        socket.sethostname(plan.hostname)
    kernel.mount(None, "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    os.umask(0o022)
    volumes = _volumes(plan, _own_files(plan, folder))
    kernel.fresh(root)
    builder = _Builder(root, folder, volumes, [])
    builder.lay_out()
    builder.keep(keep)
    builder.hide(plan.hide)
    builder.show_volumes()
    if builder.keep(keep):  # a volume at /tmp takes away what a fresh /tmp had kept
        builder.hide(plan.hide)
    _enter_root(root)
    return builder.notes


def _own_files(plan: MountPlan, folder: Path) -> tuple[MountedVolume, ...]:
    """Write the pod's own hosts and resolv.conf, in a folder emptied of an earlier pod's."""
    if folder.exists():
        remove_tree(folder)
    folder.mkdir(parents=True)
    texts = {"hosts": plan.hosts, "resolv.conf": plan.resolv}
    if plan.hostname:
        texts["hostname"] = plan.hostname + "\n"
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)
    return tuple(MountedVolume(f"/etc/{name}", str(folder / name)) for name in texts)


def _volumes(plan: MountPlan, own: tuple[MountedVolume, ...]) -> tuple[MountedVolume, ...]:
    """All volumes by their true places, outer before inner; links on the way are followed."""
    volumes = []
    for volume in (*own, *plan.volumes):
        parent, name = os.path.split(os.path.normpath(volume.path))
        path = os.path.join(os.path.realpath(parent), name)
        volumes.append(MountedVolume(path, os.path.realpath(volume.source), volume.read_only))
    return tuple(sorted(volumes, key=lambda volume: volume.path))


@dataclass(slots=True)
class _Builder:
    """Mounts one root, place by place."""

    root: Path
    folder: Path
    volumes: tuple[MountedVolume, ...]
    notes: list[str]

    def lay_out(self) -> None:
        """The composition: as overlays if the kernel lets us, else as binds."""
        places = compose(HostDisk())
        refused = self._overlay_refused(places)
        if refused:
            added = frozenset(self._nearest_folder(volume) for volume in self.volumes)
            places = compose_without_overlay(HostDisk(), added)
            self.notes.append(
                f"overlayfs is refused here ({refused}): this pod can write to its volumes, /tmp "
                f"and /run alone. Keep GOSSAMER_HOME on a local file system such as ext4, xfs or "
                f"tmpfs."
            )
        replaced = {PurePosixPath(volume.path) for volume in self.volumes}
        for place in places:
            if place.where not in replaced or place.kind in (MountKind.FOLDER, MountKind.OVERLAY):
                self._make(place)

    def _overlay_refused(self, places: tuple[MountPoint, ...]) -> str | None:
        overlay = next((place for place in places if place.kind is MountKind.OVERLAY), None)
        if overlay is None:
            return "no folder can be overlaid"
        trial = self._inside(PurePosixPath("/trial"))
        trial.mkdir()
        try:
            self._overlay(overlay.where, trial)
            kernel.unmount(trial)
        except OSError as refused:
            return refused.strerror
        finally:
            trial.rmdir()
        return None

    def _nearest_folder(self, volume: MountedVolume) -> PurePosixPath:
        return next(
            parent for parent in PurePosixPath(volume.path).parents if os.path.isdir(parent)
        )

    def _make(self, place: MountPoint) -> None:
        target = self._inside(place.where)
        try:
            _MAKERS[place.kind](self, place, target)
        except OSError as refused:
            self.notes.append(f"{place.where} is not visible in this pod: {refused.strerror}")

    def make_folder(self, place: MountPoint, target: Path) -> None:
        target.mkdir()
        target.chmod(_mode(place.where))

    def make_link(self, place: MountPoint, target: Path) -> None:
        target.symlink_to(place.target)

    def make_fresh(self, place: MountPoint, target: Path) -> None:
        target.mkdir()
        kernel.fresh(target, _FRESH_MODES.get(place.where, "0755"))

    def make_bind(self, place: MountPoint, target: Path) -> None:
        self._show(place.where, target)

    def _show(self, where: PurePosixPath, target: Path) -> None:
        """Show what the machine has at `where`, read-only."""
        _like(where, target)
        kernel.bind(str(where), target)
        kernel.make_tree_read_only(target)

    def make_system(self, place: MountPoint, target: Path) -> None:
        target.mkdir()
        self.notes += SYSTEM_TREES[place.where](target)

    def make_overlay(self, place: MountPoint, target: Path) -> None:
        target.mkdir()
        for volume in self.volumes:
            if place.where in PurePosixPath(volume.path).parents:
                self._seed(volume)
        try:
            self._overlay(place.where, target)
        except OSError as refused:
            self._show(place.where, target)
            self.notes.append(f"{place.where} is read-only in this pod: {refused.strerror}")

    def _overlay(self, lower: PurePosixPath, target: Path) -> None:
        upper = self._upper(lower)
        _folders_like(self.folder / "upper", lower)
        work = self.folder / "work" / sha256(str(lower).encode()).hexdigest()[:16]
        work.mkdir(parents=True, exist_ok=True)
        kernel.overlay(str(lower), upper, work, target)

    def _upper(self, where: PurePosixPath) -> Path:
        return self.folder / "upper" / where.relative_to("/")

    def _seed(self, volume: MountedVolume) -> None:
        """Make a missing mount point in the upper layer.

        In the merged folder that may be forbidden: a folder of the real root's has an owner
        that this user namespace does not know.
        """
        where = PurePosixPath(volume.path)
        folder = os.path.isdir(volume.source)
        fits = os.path.isdir(where) == folder and not os.path.islink(where)
        if fits and os.path.lexists(where):
            return
        _folders_like(self.folder / "upper", where.parent)
        _like(PurePosixPath(volume.source), self._upper(where))

    def keep(self, paths: Sequence[str]) -> int:
        """Show `paths` again that a fresh /tmp or /run would take away; how many it showed."""
        shown = 0
        for path in map(PurePosixPath, paths):
            if not self._inside(path).exists() and os.path.isdir(path):
                self._inside(path).mkdir(parents=True)
                self._show(path, self._inside(path))
                shown += 1
        return shown

    def hide(self, paths: Sequence[str]) -> None:
        """Put an empty folder over each of `paths` that is there."""
        for path in map(PurePosixPath, paths):
            if self._inside(path).is_dir():
                kernel.fresh(self._inside(path), "0555")

    def show_volumes(self) -> None:
        """Mount the volumes, outer before inner."""
        for volume in self.volumes:
            target = self._inside(PurePosixPath(volume.path))
            if not os.path.lexists(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                _like(PurePosixPath(volume.source), target)
            kernel.bind(volume.source, target)
            if volume.read_only:
                kernel.make_read_only(target)

    def _inside(self, where: PurePosixPath) -> Path:
        return self.root / where.relative_to("/")


_MAKERS: dict[MountKind, Callable[[_Builder, MountPoint, Path], None]] = {
    MountKind.FOLDER: _Builder.make_folder,
    MountKind.LINK: _Builder.make_link,
    MountKind.FRESH: _Builder.make_fresh,
    MountKind.BIND: _Builder.make_bind,
    MountKind.SYSTEM: _Builder.make_system,
    MountKind.OVERLAY: _Builder.make_overlay,
}


def _mode(where: PurePosixPath) -> int:
    return os.stat(where).st_mode & 0o7777


def _like(where: PurePosixPath, target: Path) -> None:
    """An empty folder where `where` is one, else an empty file."""
    if os.path.isdir(where):
        target.mkdir(exist_ok=True)
    else:
        target.touch(mode=0o644)


def _folders_like(upper: Path, where: PurePosixPath) -> None:
    """The folders of `where` in an upper layer, with the modes of those they cover."""
    for folder in (*reversed(where.parents), where):
        copy = upper / folder.relative_to("/")
        if not copy.exists():
            copy.mkdir(parents=True)
            copy.chmod(_mode(folder) if os.path.isdir(folder) else 0o755)


def _enter_root(root: Path) -> None:
    """Make `root` the root of this namespace and let the old one go."""
    old = root / ".old"
    old.mkdir()
    os.chdir(root)
    kernel.pivot_root(".", ".old")
    os.chdir("/")
    kernel.unmount("/.old")
    os.rmdir("/.old")
