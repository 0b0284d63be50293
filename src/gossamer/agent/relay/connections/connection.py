"""One connection of bytes that a proxy carries to its workload, as authorization sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CarriedConnection:
    """`caller` and `port` are the far end of the proxy's socket, `called` and `called_port` what
    was called; `names` those in the caller's certificate, none in plaintext."""

    caller: str
    port: int
    called: str
    called_port: int
    names: tuple[str, ...] = ()
    server_name: str = ""
