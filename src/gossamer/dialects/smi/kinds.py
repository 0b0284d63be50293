"""Which of SMI's kinds are read, and by whom."""

from __future__ import annotations

from gossamer.dialects.reading import KindReader
from gossamer.dialects.smi.traffic_split import read_traffic_split

SMI_KINDS = {
    ("split.smi-spec.io", "TrafficSplit"): KindReader(
        read_traffic_split, ("spec.service", "spec.backends[]")
    ),
}
