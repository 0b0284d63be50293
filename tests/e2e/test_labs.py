"""Labs side by side, as root and as an ordinary user; killed, interrupted, refused: what is left.

A lab that is over leaves nothing behind: no process, namespace, mount, address or socket, and no
file outside its state folder.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.failures import processes
from tests.e2e.lab_under_test import Lab, forget, new_home, until, user_python
from tests.e2e.small_mesh import CLIENT, HTTPBIN, PROBED, service, workload

pytestmark = pytest.mark.e2e

SOMEBODY = 12345
"""A user that this machine has never heard of."""

GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: door}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: door}
spec:
  hosts: ["*"]
  gateways: [door]
  http: [{route: [{destination: {host: web}}]}]
"""
MANIFESTS = CLIENT + workload("web", HTTPBIN, 1, PROBED) + service("web") + GATEWAY


@dataclass(frozen=True)
class Remains:
    """What a machine shows of labs in a folder: nothing, but for those that run."""

    processes: frozenset[str]
    mounts: frozenset[str]
    links: frozenset[str]
    sockets: frozenset[str]
    temporary: frozenset[str]


def remains(home: Path) -> Remains:
    """Everything that names this home, or that belongs to nobody else."""
    mark = str(home)
    return Remains(
        frozenset(_processes(mark)),
        frozenset(x for x in _lines("/proc/self/mounts") if mark in x or "gossamer" in x),
        frozenset(os.listdir("/sys/class/net")),
        frozenset(x.split()[-1] for x in _lines("/proc/net/unix") if mark in x),
        frozenset(x for x in os.listdir("/tmp") if "gossamer" in x),
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text(errors="replace").splitlines()


def _processes(mark: str) -> Iterator[str]:
    """Processes whose command or environment names the folder, `gossamer up` itself excepted."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            said = path.joinpath("cmdline").read_bytes() + path.joinpath("environ").read_bytes()
        except OSError:
            continue
        if mark.encode() in said and int(path.name) != os.getpid():
            yield f"{path.name}: {said[:200]!r}"


def namespaces() -> set[str]:
    """Every network, mount and user namespace that some process is in."""
    found = set()
    for kind in ("net", "mnt", "user"):
        for path in Path("/proc").glob(f"[0-9]*/ns/{kind}"):
            try:
                found.add(os.readlink(path))
            except OSError:
                continue
    return found


@contextmanager
def a_lab(name: str, home: Path, uid: int | None = None) -> Iterator[Lab]:
    """A lab that is ended afterwards, whatever happened."""
    lab = Lab(name, home, uid)
    try:
        yield lab
    finally:
        lab.down()


@contextmanager
def a_home(uid: int | None = None) -> Iterator[Path]:
    """A home folder, its user's own."""
    home = new_home()
    if uid is not None:
        os.chown(home, uid, uid)
    try:
        yield home
    finally:
        forget(home)


def serves(lab: Lab, url: str) -> None:
    """Calls inside and through the gateway, names, identity, logs and status: the basics."""
    headers = json.loads(lab.curl("deploy/client", "http://web/headers"))["headers"]
    assert "URI=spiffe://cluster.local/" in headers["X-Forwarded-Client-Cert"][0]
    done = subprocess.run(
        ["curl", "-s", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", f"{url}/status/200"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "200", done
    assert all(row["envoy"] == "LIVE" for row in lab.json("status")["proxies"])


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="to run labs as two users takes root")


@needs_root
def test_labs_of_two_users_run_side_by_side() -> None:
    """Two labs of root by other names, and one of a user without any right: the same manifests,
    the same addresses inside, and nothing of one is seen by another."""
    user_python()
    with (
        a_home() as home,
        a_home(SOMEBODY) as theirs,
        a_lab("one", home) as one,
        a_lab("two", home) as two,
        a_lab("one", theirs, SOMEBODY) as three,
    ):
        shapes = [lab.up_text(MANIFESTS) for lab in (one, two, three)]
        urls = [shape["gateways"][0]["url"] for shape in shapes]
        assert len(set(urls)) == 3
        for lab, url in zip((one, two, three), urls, strict=True):
            serves(lab, url)
        one.down()
        serves(two, urls[1])
        serves(three, urls[2])


def test_a_lab_of_an_ordinary_user_does_everything_basic() -> None:
    """Without root: apply, scale, restart, exec, logs, traffic, plane stop and start, down."""
    uid = SOMEBODY if os.geteuid() == 0 else None
    with a_home(uid) as home, a_lab("plain", home, uid) as lab:
        shape = lab.up_text(MANIFESTS)
        serves(lab, shape["gateways"][0]["url"])
        assert all(row["ready"] for row in shape["pods"])
        lab.run("scale", "deploy/web", "--replicas", "2", "--name", lab.name)
        until(lambda: len(lab.json("proxy", "endpoints", "deploy/client")) >= 2)
        lab.run("restart", "deploy/web", "--name", lab.name)
        until(lambda: lab.status_of("deploy/client", "http://web/status/200") == 200)
        assert lab.run("logs", "deploy/web", "--proxy", "--name", lab.name).stdout
        assert lab.exec("deploy/client", "id", "-u").returncode == 0
        lab.run("plane", "stop", "--name", lab.name)
        assert lab.status_of("deploy/client", "http://web/status/200") == 200
        lab.run("plane", "start", "--name", lab.name)
        until(lambda: lab.json("traffic", "default/client"))
        lab.down()
        assert not remains(home).processes


def test_a_lab_that_runs_is_not_started_twice() -> None:
    """A second `up` by the same name applies the files there: processes and pods stay."""
    with a_home() as home, a_lab("twice", home) as lab:
        lab.up_text(CLIENT)
        running = {name: each["pid"] for name, each in processes(lab).items()}
        done = lab.run("up", str(home / "twice.yaml"), "--detach", "--name", "twice")
        assert "nothing has changed in these files" in done.stdout
        assert {name: each["pid"] for name, each in processes(lab).items()} == running


@pytest.mark.parametrize("after", ["up", "down"])
@pytest.mark.parametrize("uid", [None, pytest.param(SOMEBODY, marks=needs_root)])
def test_a_killed_lab_is_swept_by_the_next_command(after: str, uid: int | None) -> None:
    """SIGKILL of the holder, with pods in it: `down` leaves nothing; `up` starts as if new."""
    with a_home(uid) as home:
        before, spaces = remains(home), namespaces()
        with a_lab("swept", home, uid) as lab:
            lab.up_text(MANIFESTS)
            os.kill(json.loads((lab.folder / "lab.json").read_text())["pid"], signal.SIGKILL)
            if after == "up":
                shape = lab.up_text(MANIFESTS)
                serves(lab, shape["gateways"][0]["url"])
        until(lambda: remains(home) == before, 5)
        until(lambda: not _of_no_living_lab(spaces), 5)


def _of_no_living_lab(spaces: set[str]) -> set[str]:
    """Namespaces that are new; other tests' labs may have made some meanwhile."""
    return {s for s in namespaces() - spaces if _owner_marks(s, "swept")}


def _owner_marks(space: str, mark: str) -> bool:
    """Whether a process in this namespace says that it belongs to the lab."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            kinds = [os.readlink(path / "ns" / kind) for kind in ("net", "mnt", "user")]
            if space in kinds and f"labs/{mark}".encode() in (path / "environ").read_bytes():
                return True
        except OSError:
            continue
    return False


def test_a_lab_that_ended_leaves_nothing(tmp_path: Path) -> None:
    """After `down`: processes, mounts, links, sockets and temporary files are as before."""
    with a_home() as home:
        before = remains(home)
        with a_lab("gone", home) as lab:
            lab.up_text(MANIFESTS)
            assert remains(home) != before
        until(lambda: remains(home) == before, 5)
        left = {path.name for path in (home / "labs" / "gone").iterdir()}
        assert not any(name.endswith(".sock") for name in left), left


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_up_leaves_nothing(number: signal.Signals) -> None:
    """Ctrl-C, `kill`, or a closed terminal, once the lab is Ready in the foreground."""
    with a_home() as home:
        before = remains(home)
        lab = Lab("front", home)
        path = home / "front.yaml"
        path.write_text(CLIENT)
        with lab.start("up", str(path), "--name", lab.name) as front:
            assert front.stderr
            _read_until(front.stderr.readline, "Ctrl-C ends it")
            front.send_signal(number)
            front.communicate(timeout=60)
            assert front.returncode == 128 + number
        until(lambda: remains(home) == before, 5)


def test_an_interrupted_start_leaves_nothing() -> None:
    """Ctrl-C while pods are still starting."""
    with a_home() as home:
        before = remains(home)
        lab = Lab("early", home)
        path = home / "early.yaml"
        path.write_text(MANIFESTS)
        with lab.start("up", str(path), "--name", lab.name) as front:
            assert front.stderr
            _read_until(front.stderr.readline, "starting the pods")
            front.send_signal(signal.SIGINT)
            front.communicate(timeout=60)
        until(lambda: remains(home) == before, 5)


def _read_until(line: Callable[[], str], words: str) -> None:
    said = []
    while text := line():
        said.append(text)
        if words in text:
            return
    raise AssertionError(f"it ended without saying {words!r}: {''.join(said)}")


REFUSING = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
uid = os.geteuid()
if libc.unshare(0x10000000):
    sys.exit(77)
open("/proc/self/setgroups", "w").write("deny")
open("/proc/self/uid_map", "w").write(f"{uid} {uid} 1")
if os.fork() == 0:
    pass
else:
    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
try:
    open("/proc/sys/user/max_user_namespaces", "w").write("0")
except OSError:
    sys.exit(77)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_a_kernel_without_namespaces_is_told_of_with_a_remedy() -> None:
    """`up` and `check` say that the kernel refuses namespaces to users, and what to do."""
    uid = SOMEBODY if os.geteuid() == 0 else None
    with a_home(uid) as home:
        lab = Lab("refused", home, uid)
        path = home / "refused.yaml"
        path.write_text(CLIENT)
        path.chmod(0o644)
        for words in (("up", str(path), "--detach", "--name", "refused"), ("check",)):
            done = subprocess.run(
                [lab.command()[0], "-c", REFUSING, *lab.command(), *words],
                capture_output=True,
                text=True,
                env=dict(lab.variables()),
                user=uid,
                group=uid,
                extra_groups=[] if uid is not None else None,
                check=False,
                timeout=60,
            )
            if done.returncode == 77:
                pytest.skip("this kernel does not let a test forbid namespaces to itself")
            assert done.returncode == 1, done
            said = done.stdout + done.stderr
            assert "max_user_namespaces" in said, said
        assert not remains(home).processes
