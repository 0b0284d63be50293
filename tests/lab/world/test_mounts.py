"""How a pod's root is put together, on disks that exist only here."""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath

import msgspec

from gossamer.lab.world.composition import (
    MountedVolume,
    MountPlan,
    compose,
    compose_without_overlay,
)
from gossamer.lab.world.shapes import MakeMounts, read_request


@dataclass(frozen=True)
class Disk:
    """Folders by path, links by path, and mount points."""

    folders: dict[str, list[str]]
    links: dict[str, str]
    mounted: tuple[str, ...]

    def entries(self, folder: PurePosixPath) -> list[str]:
        return sorted(self.folders.get(str(folder), []))

    def link(self, path: PurePosixPath) -> str | None:
        return self.links.get(str(path))

    def is_folder(self, path: PurePosixPath) -> bool:
        return str(path) in self.folders

    def mounts(self) -> frozenset[PurePosixPath]:
        return frozenset(map(PurePosixPath, self.mounted))


def told(places: tuple[object, ...]) -> list[str]:
    return [f"{p.kind} {p.where}" for p in places]  # type: ignore[attr-defined]


PLAIN = Disk(
    {"/": ["bin", "etc", "proc", "tmp", "vmlinuz"], "/etc": ["passwd"], "/proc": [], "/tmp": []},
    {"/bin": "usr/bin"},
    ("/", "/proc"),
)


def test_folders_are_overlaid_links_copied_files_bound() -> None:
    """The plain case: /tmp fresh, the kernel's own trees as they are."""
    assert told(compose(PLAIN)) == [
        "link /bin",
        "overlay /etc",
        "system /proc",
        "fresh /tmp",
        "bind /vmlinuz",
    ]


def test_a_folder_with_mounts_below_is_made_anew() -> None:
    """Overlayfs refuses locked mounts inside; only the way to them is made by hand."""
    folders = {
        "/": ["home", "var"],
        "/home": ["ann"],
        "/home/ann": [],
        "/var": ["lib", "log"],
        "/var/lib": ["db", "dpkg"],
        "/var/lib/db": [],
        "/var/lib/dpkg": [],
        "/var/log": [],
    }
    disk = Disk(folders, {}, ("/", "/home", "/var/lib/db"))
    assert told(compose(disk)) == [
        "overlay /home",
        "folder /var",
        "folder /var/lib",
        "overlay /var/lib/db",
        "overlay /var/lib/dpkg",
        "overlay /var/log",
    ]


def test_without_overlay_only_folders_that_get_an_entry_are_made_anew() -> None:
    """The fallback: binds, and /etc anew since it gets a resolv.conf of the pod's."""
    assert told(compose_without_overlay(PLAIN, frozenset({PurePosixPath("/etc")}))) == [
        "link /bin",
        "folder /etc",
        "bind /etc/passwd",
        "system /proc",
        "fresh /tmp",
        "bind /vmlinuz",
    ]


def test_a_plan_survives_the_line() -> None:
    """What the holder says is what the anchor reads."""
    plan = MountPlan("h", "r", (MountedVolume("/data", "/srv", True),), ("/lab",), "web")
    request = MakeMounts("shop/a", plan, "/folder", ["/keep"])
    line = msgspec.json.encode(request)
    assert json.loads(line)["plan"]["volumes"] == [["/data", "/srv", True]]
    assert read_request(line) == request
