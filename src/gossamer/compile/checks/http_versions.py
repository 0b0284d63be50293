"""HTTP versions that cannot all reach an application: told on the destination that wants them."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.http.http_version import CARRIED, mixed_subsets
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.traffic.destination import Destination


def mixed_versions(read: TrackedLookup, subject: Subject, mine: Destination) -> Iterator[Finding]:
    """A subset whose calls keep their version while the host's are upgraded, or the reverse."""
    services = read.lookup(tables.SERVICES, mine.host) or ()
    ports = [
        port.number for each in services[:1] for port in each.ports if port.protocol in CARRIED
    ]
    mixed = {at: port for port in reversed(ports) for at in mixed_subsets(mine, port)}
    for at, port in sorted(mixed.items()):
        name = mine.subsets[at].name
        yield Finding(
            subject.at(f"subset {name}", f"spec.subsets[{at}]"),
            f"calls to the pods of subset {name} are upgraded by h2UpgradePolicy on one "
            f"way and keep their version by useClientProtocol on another (port {port})",
            "their proxies cannot tell these apart, so the application gets HTTP/1.1 in all",
            "Choose one of the two for the host and for its subsets",
            "no-effect",
            Severity.WARNING,
        )
