"""Small scripts that put our clients on a pod's PATH where the host has none of that name."""

from __future__ import annotations

import shlex

SHIMMED = ("curl", "wget", "fortio", "grpc-call", "tcp-client")


def shims(python: str) -> dict[str, str]:
    """Program name to the text of an executable script that runs ours with this interpreter."""
    return {name: _script(python, name) for name in SHIMMED}


def _script(python: str, name: str) -> str:
    return f'#!/bin/sh\nexec {shlex.quote(python)} -P -m gossamer.apps {name} "$@"\n'
