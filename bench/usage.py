"""CPU and memory of a process, as the kernel counts them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_MIB = 1024.0


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds since its start, and MiB: resident, resident at most, private."""

    cpu: float
    rss: float
    peak: float
    private: float


def usage(pid: int) -> Usage:
    """What a process has used up to now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = _numbers(Path(f"/proc/{pid}/status"))
    maps = _numbers(Path(f"/proc/{pid}/smaps_rollup"))
    return Usage(
        cpu=(int(fields[11]) + int(fields[12])) / _TICK,
        rss=status["VmRSS"] / _MIB,
        peak=status["VmHWM"] / _MIB,
        private=(maps["Private_Clean"] + maps["Private_Dirty"]) / _MIB,
    )


def reset_peak(pid: int) -> None:
    """Let the highest memory be counted anew from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _numbers(path: Path) -> dict[str, int]:
    pairs = (line.partition(":") for line in path.read_text().splitlines())
    return {
        name: int(rest.split()[0])
        for name, _, rest in pairs
        if rest.split() and rest.split()[0].isdigit()
    }
