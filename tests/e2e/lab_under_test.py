"""A lab that a test starts, asks through the command line only, and ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
EXAMPLES = ROOT / "examples"
PATIENCE_S = 30.0
ORDINARY_USER = 12345
PARTS = ("holder", "agent", "plane", "dns")

needs_corpus = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the corpus of other people's manifests is not beside the checkout"
)


class Never(AssertionError):
    """What a test waited for did not come."""


def answers(lab: Lab, pod: str, url: str, status: int) -> None:
    """Wait until a pod that calls a URL gets this status."""
    until(lambda: lab.status_of(pod, url) == status)


def until(what: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """The first true answer of `what`, asked again and again; Never after `patience_s`."""
    late = time.monotonic() + patience_s
    pause = threading.Event()
    last: Any = None
    while time.monotonic() < late:
        try:
            last = what()
        except (AssertionError, subprocess.CalledProcessError, KeyError, ValueError) as error:
            last = error
        else:
            if last:
                return last
        pause.wait(0.05)
    raise Never(f"waited {patience_s} s; the last answer was {last!r}")


def user_python() -> tuple[str, Mapping[str, str]]:
    """A Python that an ordinary user may run with this checkout's packages, and its variables.

    A root's interpreter may live where nobody else can look; then the system's own of the same
    version serves, with the packages of this environment.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    own = os.path.realpath(sys.executable)
    for candidate in (own, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if os.path.exists(candidate) and _reachable(candidate):
            return candidate, {"PYTHONPATH": f"{ROOT / 'src'}:{packages}"}
    pytest.skip(f"an ordinary user can run no {version} here ({own} is out of reach)")


def _reachable(path: str) -> bool:
    """Whether everyone may run it: each folder on the way can be entered by others."""
    steps = [Path(path), *Path(path).parents]
    return all(step.stat().st_mode & 0o001 for step in steps)


@dataclass
class Lab:
    """One lab, by its command line. `uid` runs it as that user instead of the tester."""

    name: str
    home: Path
    uid: int | None = None
    env: dict[str, str] = field(default_factory=dict)

    def run(
        self, *words: str, ok: bool = True, timeout: float = 120, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """`gossamer WORDS`; with `ok` a failure is an error that shows what was printed."""
        done = subprocess.run(
            [*self.command(), *words],
            capture_output=True,
            text=True,
            timeout=timeout,
            env=self.variables(),
            user=self.uid,
            group=self.uid,
            extra_groups=[] if self.uid is not None else None,
            cwd=ROOT,
            check=False,
            **options,
        )
        if ok and done.returncode != 0:
            raise AssertionError(
                f"gossamer {' '.join(words)} ended with {done.returncode}\n"
                f"{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
            )
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        """`gossamer WORDS` in the background, heeding signals whatever the tester ignores."""
        return subprocess.Popen(
            ["env", "--default-signal=INT,TERM,HUP", *self.command(), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.variables(),
            user=self.uid,
            group=self.uid,
            extra_groups=[] if self.uid is not None else None,
            cwd=ROOT,
        )

    def up_text(self, text: str) -> dict[str, Any]:
        """Start it with manifests given as text."""
        path = self.home / f"{self.name}.yaml"
        path.write_text(text)
        return self.up(path)

    def command(self) -> list[str]:
        """The start of every command line."""
        python = user_python()[0] if self.uid is not None else sys.executable
        return [python, "-m", "gossamer.cli.main"]

    def variables(self) -> dict[str, str]:
        """The environment of every command."""
        more = user_python()[1] if self.uid is not None else {}
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG")}
        home = {"GOSSAMER_HOME": str(self.home), "HOME": str(self.home)}
        return {**kept, **home, "PYTHONDONTWRITEBYTECODE": "1", **more, **self.env}

    def up(self, *paths: Path | str) -> dict[str, Any]:
        """Start it and wait until all is Ready; what its parts logged is shown if it is not."""
        words = [str(path) for path in paths]
        try:
            done = self.run("up", *words, "--detach", "--name", self.name, "-o", "json")
        except (AssertionError, subprocess.TimeoutExpired) as error:
            raise AssertionError(f"{error}\n{self.logged()}") from error
        shape: dict[str, Any] = json.loads(done.stdout)
        return shape

    def logged(self) -> str:
        """The end of each part's log."""
        logs = ((self.folder / "logs" / f"{part}.log") for part in PARTS)
        told = (
            f"--- {p.name}\n{p.read_text(errors='replace')[-1500:]}" for p in logs if p.exists()
        )
        return "\n".join(told)

    def down(self) -> None:
        """End it."""
        self.run("down", "--name", self.name)

    def json(self, *words: str, ok: bool = True) -> Any:
        """What a command says with `-o json`."""
        return json.loads(self.run(*words, "--name", self.name, "-o", "json", ok=ok).stdout)

    def apply(self, text: str) -> Any:
        """Apply manifests given as text."""
        return json.loads(
            self.run("apply", "-f", "-", "--name", self.name, "-o", "json", input=text).stdout
        )

    def delete(self, text: str) -> None:
        """Delete the objects in manifests given as text."""
        self.run("delete", "-f", "-", "--name", self.name, input=text)

    def exec(
        self, pod: str, *command: str, ns: str = "default", ok: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command where a pod runs."""
        head = ("exec", "--name", self.name, "-n", ns, pod, "--")
        return self.run(*head, *command, ok=ok, timeout=timeout)

    def curl(self, pod: str, url: str, *options: str, ns: str = "default", ok: bool = True) -> str:
        """The body that a pod gets from a URL."""
        return self.exec(pod, "curl", "-sS", "-m", "10", *options, url, ns=ns, ok=ok).stdout

    def status_of(self, pod: str, url: str, *options: str, ns: str = "default") -> int:
        """The HTTP status that a pod gets from a URL; 0 where there is none."""
        words = ("-o", "/dev/null", "-w", "%{http_code}", *options)
        return int(self.curl(pod, url, *words, ns=ns, ok=False) or 0)

    def load(self, pod: str, url: str, *options: str, ns: str = "default") -> dict[str, Any]:
        """Bounded load from a pod; the report of the load client."""
        python = self.command()[0]
        words = (python, "-m", "gossamer.apps", "load", "-o", "json", *options, url)
        done = self.exec(pod, *self.env_words(), *words, ns=ns)
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def env_words(self) -> list[str]:
        """The start of a command in a pod that runs our own Python."""
        more = user_python()[1] if self.uid is not None else {}
        return ["env", *(f"{name}={value}" for name, value in more.items())]

    @property
    def folder(self) -> Path:
        """Where it keeps its state."""
        return self.home / "labs" / self.name


def new_home() -> Path:
    """A short folder, since the paths of Unix sockets are."""
    return Path(tempfile.mkdtemp(prefix="gos"))


def forget(home: Path) -> None:
    """Remove a folder made by `new_home`."""
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def ordinary_users_lab(name: str) -> Iterator[Lab]:
    """A lab of an ordinary user: of one without an account where root runs the tests."""
    home, uid = new_home(), None if os.geteuid() else ORDINARY_USER
    if uid is not None:
        user_python()
        os.chown(home, uid, uid)
    lab = Lab(name, home, uid)
    try:
        yield lab
    finally:
        lab.down()
        forget(home)
