"""What a workload calls itself, by the labels that the ecosystem's dashboards group by."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from gossamer.model.workload.labels import Labels

_APP = "app"
_VERSION = "version"
_SERVICE = "service.istio.io/canonical-name"
_REVISION = "service.istio.io/canonical-revision"
_BAR = "|"


@dataclass(frozen=True, slots=True)
class WorkloadLabels:
    """An application and its version, a canonical service and its revision; "" is not set."""

    app: str = ""
    version: str = ""
    service: str = ""
    revision: str = ""

    def __str__(self) -> str:
        """All in one, as endpoints and counters carry it."""
        return _BAR.join(part.replace(_BAR, "_") for part in astuple(self))

    @classmethod
    def of(cls, text: str) -> WorkloadLabels:
        """What was carried; anything else says nothing."""
        parts = text.split(_BAR)
        return cls(*parts) if len(parts) == 4 else UNNAMED


UNNAMED = WorkloadLabels()


def workload_labels(labels: Labels, workload: str) -> WorkloadLabels:
    """By a pod's labels, as Istio reads them; the canonical service is the workload at last."""
    values = dict(labels)

    def first(*names: str) -> str:
        return next((values[name] for name in names if values.get(name)), "")

    return WorkloadLabels(
        first(_APP, _SERVICE),
        first(_VERSION, _REVISION),
        first(_SERVICE, "app.kubernetes.io/name", _APP) or workload,
        first(_REVISION, "app.kubernetes.io/version", _VERSION) or "latest",
    )
