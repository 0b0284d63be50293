"""Builds the wheel of what git tracks here: the same files give the same bytes.

    python -m tools.wheel FOLDER      writes the wheel there and prints its path

What differs between two machines is taken out: files that lie about, the modes that a umask gave,
and the time (SOURCE_DATE_EPOCH is the last commit's, https://reproducible-builds.org/specs/).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent


def build(root: Path, target: Path) -> Path:
    """The wheel of the checkout `root`, in `target`. subprocess.CalledProcessError if it fails."""
    with TemporaryDirectory(prefix="gossamer-wheel-") as folder:
        source, built = Path(folder) / "source", Path(folder) / "built"
        for name in _git(root, "ls-files", "-z").split("\0")[:-1]:
            _copy(root / name, source / name)
        dated = {**os.environ, "SOURCE_DATE_EPOCH": _git(root, "log", "-1", "--format=%ct")}
        command = (sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps")
        options = ("--disable-pip-version-check", "--no-build-isolation", "--wheel-dir")
        subprocess.run((*command, *options, built, source), check=True, env=dated, umask=0o022)
        (wheel,) = built.iterdir()
        target.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(wheel, target / wheel.name))


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(("git", "-C", root, *arguments), check=True, capture_output=True)
    return done.stdout.decode().removesuffix("\n")


def _copy(path: Path, target: Path) -> None:
    """A link as a link, a file with the mode that git knows; what was deleted is left out."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        target.symlink_to(path.readlink())
    elif path.is_file():
        shutil.copyfile(path, target)
        target.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


if __name__ == "__main__":
    print(build(ROOT, Path(sys.argv[1])))
