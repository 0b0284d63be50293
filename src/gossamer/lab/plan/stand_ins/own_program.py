"""Whether a container's own command may run where stand-ins are asked for. Pure.

The files of an application are in its image, which a lab does not have: a `python` of this machine
does not make `python app.py` run. Only images that hold nothing but tools are another matter: what
they run stands in the manifest, and it runs where every program of it is on this machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

BASE_IMAGES = frozenset(
    (
        *("almalinux", "alpine", "alpine-curl", "amazonlinux", "bash", "busybox", "centos", "curl"),
        *("debian", "fedora", "netshoot", "python", "rockylinux", "ubi-minimal", "ubuntu", "wget"),
    )
)
_SHELLS = ("sh", "bash", "ash", "dash")
_CUT = re.compile(r"[;&|\n()`{}!]|\b(?:then|do|else|elif|if|while|until|exec|time)\b")
_PROGRAM = re.compile(r"[A-Za-z_/.][\w./-]*")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_BUILT_IN = frozenset(
    (
        *("[", ":", ".", "break", "case", "cd", "continue", "done", "echo", "esac", "eval", "exit"),
        *("export", "false", "fi", "for", "in", "kill", "local", "printf", "read", "return"),
        *("set", "shift", "source", "test", "trap", "true", "umask", "unset", "wait"),
    )
)


def runs_by_itself(image: str, argv: Sequence[str], runs_here: Callable[[str], bool]) -> bool:
    """Whether the manifest alone says all that runs, and this machine has it."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return name in BASE_IMAGES and bool(argv) and all(map(runs_here, programs_of(argv)))


def programs_of(argv: Sequence[str]) -> tuple[str, ...]:
    """The program of a command line, and for a shell's script those that the script begins."""
    script = argv[2] if len(argv) > 2 and argv[1].startswith("-") and argv[1][-1] == "c" else ""
    is_shell = argv[0].rpartition("/")[2] in _SHELLS
    return (argv[0], *dict.fromkeys(_begun(script))) if is_shell else (argv[0],)


def _begun(script: str) -> Iterator[str]:
    for piece in _CUT.split(script):
        words = [part for part in piece.split() if not _ASSIGNMENT.match(part)]
        if words and words[0] not in _BUILT_IN and _PROGRAM.fullmatch(words[0]):
            yield words[0]
