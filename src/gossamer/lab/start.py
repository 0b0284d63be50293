"""Start a lab, find a running one, talk to it, end it: what the command line needs of the lab.

Blocking, standard library only, no event loop: the holder does the work.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gossamer.lab.cleanup import CleanedUp, clean_up
from gossamer.lab.forget import forget
from gossamer.lab.home import LabFolder
from gossamer.plane.client import TOKEN_VARIABLE
from gossamer.process.json_lines.ask import AnswerLines, asked
from gossamer.process.json_lines.line import Payload, read_answer
from gossamer.process.ownership import UnsafeFolder, check_own, check_way
from gossamer.process.private_files import open_private, private_folder, write_private
from gossamer.process.supervision.ledger import started_at

if TYPE_CHECKING:  # its types cost time to import, and few commands start a lab
    from gossamer.lab.files import Files

ANSWER_S = 10.0
END_S = 30.0
_LOOK_S = 0.02


class LabError(RuntimeError):
    """A lab that cannot be started, found or asked: who, what, effect, remedy."""


@dataclass(frozen=True, slots=True)
class LabHandle:
    """A running lab."""

    folder: LabFolder
    pid: int

    def call(self, op: str, **words: Any) -> dict[str, Any]:
        """One operation of the holder; LabError with its words where it refuses."""
        with self._asked(op, words) as answers:
            answer = read_answer(answers.readline())
        if "error" in answer:
            raise LabError(str(answer["error"]))
        return answer

    def events(self, seconds: float | None = None) -> Iterator[dict[str, Any]]:
        """Progress since the start and from now on, until the lab ends.

        TimeoutError once `seconds` have passed.
        """
        late = None if seconds is None else time.monotonic() + seconds
        with self._asked("subscribe", {}) as answers:
            while line := answers.readline(late):
                yield read_answer(line)

    @contextmanager
    def _asked(self, op: str, words: Payload) -> Iterator[AnswerLines]:
        """The lines that the holder answers with; LabError where it does not."""
        try:
            with asked(self.folder.holder_socket, {"op": op, **words}) as answers:
                yield answers
        except TimeoutError:
            raise
        except OSError as error:
            raise _away(self.folder, error) from error


def _away(folder: LabFolder, error: OSError) -> LabError:
    unheard = isinstance(error, FileNotFoundError | ConnectionRefusedError)
    effect = "nothing was done" if unheard else "what was asked may be done or not"
    return LabError(
        f"lab {folder.name!r} does not answer at {folder.holder_socket} ({error}); "
        f"{effect}; see {folder.log('holder')}, or run `gossamer down` and `gossamer up`"
    )


def start(
    name: str, files: Files, home: Path, environ: Mapping[str, str] | None = None
) -> LabHandle:
    """Start a lab with a fresh store; returns when its holder answers, long before it is Ready.

    The lab's programs inherit `environ`, or else what this process has.
    """
    folder = LabFolder.of(home, name)
    try:
        private_folder(folder.root)
        return _started(folder, files, environ)
    except UnsafeFolder as unsafe:
        raise LabError(f"lab {name!r} was not started: {unsafe}") from unsafe


def _started(folder: LabFolder, files: Files, environ: Mapping[str, str] | None) -> LabHandle:
    if _is_held(folder):
        raise LabError(
            f"lab {folder.name!r} runs already in {folder.root}; nothing was changed; "
            "use `gossamer apply -f` to change it, `gossamer down` to end it, or another --name"
        )
    clean_up(folder.root)
    _make_fresh(folder)
    write_private(folder.input, files.encoded())
    holder = _launch(folder, environ)
    try:
        return _until_it_answers(folder, holder)
    except KeyboardInterrupt:
        holder.terminate()
        holder.wait(END_S)
        raise


def _is_held(folder: LabFolder) -> bool:
    """Whether a holder lives; it holds the lock for as long as it does."""
    with open_private(folder.lock) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _make_fresh(folder: LabFolder) -> None:
    for path in folder.root.iterdir():
        if path in (folder.lock, folder.host_ports):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    for path in (folder.logs, folder.pods, folder.plane, folder.agent, folder.edge):
        path.mkdir(mode=0o700)


def _launch(folder: LabFolder, environ: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    """A holder in a session of its own, so that a terminal's Ctrl-C is not for it."""
    command = [sys.executable, "-P", "-m", "gossamer.lab.holder", "--state", str(folder.root)]
    with open_private(folder.log("holder")) as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=without_token(os.environ if environ is None else environ),
            start_new_session=True,
        )


def without_token(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a lab's programs: whoever starts a lab may hold a token, and none of its
    processes is to have it."""
    return {name: value for name, value in environ.items() if name != TOKEN_VARIABLE}


def _until_it_answers(folder: LabFolder, holder: subprocess.Popen[bytes]) -> LabHandle:
    handle, late = LabHandle(folder, holder.pid), time.monotonic() + ANSWER_S
    while time.monotonic() < late:
        if holder.poll() is not None:
            break
        try:
            handle.call("list")
            return handle
        except LabError:
            time.sleep(_LOOK_S)
    lines = folder.log("holder").read_text(errors="replace").strip().splitlines()
    last = lines[-1] if lines else "its holder printed nothing"
    raise LabError(
        f"lab {folder.name!r} did not start: {last}; nothing runs; see {folder.log('holder')}"
    )


def attach(name: str, home: Path) -> LabHandle:
    """The running lab of that name."""
    folder = _own(home, name)
    pid = _holder_pid(folder)
    if pid is None:
        raise LabError(
            f"no lab {name!r} runs in {folder.root}; nothing was done; "
            "start it by `gossamer up PATH...`, or name another by --name"
        )
    return LabHandle(folder, pid)


def _own(home: Path, name: str) -> LabFolder:
    """The lab's folder, if there is none or it is ours: what it says of pids is believed."""
    folder = LabFolder.of(home, name)
    try:
        check_way(folder.root.parent)
        if os.path.lexists(folder.root):
            check_own(folder.root)
    except UnsafeFolder as unsafe:
        raise LabError(f"lab {name!r} was not looked at: {unsafe}") from unsafe
    return folder


def _holder_pid(folder: LabFolder) -> int | None:
    try:
        record = json.loads(folder.record.read_text())
        alive = started_at(record["pid"]) == record["started"]
        return int(record["pid"]) if alive else None
    except (OSError, ValueError, KeyError):
        return None


@dataclass(frozen=True, slots=True)
class Stopped:
    """What `stop` found: a lab that ended cleanly, or remains that were removed."""

    ran: bool
    removed: CleanedUp


def stop(name: str, home: Path) -> Stopped:
    """End a lab and everything it started; also what a killed one left behind."""
    folder = _own(home, name)
    pid = _holder_pid(folder)
    if pid is not None:
        _ask_down(LabHandle(folder, pid))
    if not folder.root.is_dir():
        return Stopped(False, CleanedUp((), 0, ()))
    removed = clean_up(folder.root)
    forget(folder)
    return Stopped(pid is not None, removed)


def _ask_down(handle: LabHandle) -> None:
    try:
        handle.call("down")
    except LabError:
        os.kill(handle.pid, signal.SIGTERM)
    late, began = time.monotonic() + END_S, started_at(handle.pid)
    while began is not None and started_at(handle.pid) == began:
        if time.monotonic() > late:
            os.kill(handle.pid, signal.SIGKILL)
            late += END_S
        _reap(handle.pid)
        time.sleep(_LOOK_S)


def _reap(pid: int) -> None:
    """Take a holder that is our own child off the process table."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def exec_argv(
    handle: LabHandle, pod: str, argv: Sequence[str], container: str | None = None
) -> tuple[list[str], dict[str, str]]:
    """The command and environment by which the caller itself runs `argv` inside pod `NS/POD`."""
    chosen = {"container": container} if container else {}
    answer = handle.call("exec", pod=pod, argv=list(argv), **chosen)
    return list(answer["argv"]), dict(answer["env"])
