"""Whether a workload's proxy writes a line of its access log for each call."""

from __future__ import annotations

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.lookup.workload_policies import policies_of
from gossamer.contract.extension_names import ReporterSide
from gossamer.model.assembly.visible import settings_of
from gossamer.model.policies.workload.access_log import AccessLogging


def writes_lines(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> bool:
    """The narrowest policy that speaks of that end of an edge decides, else the mesh's setting."""
    for policy in policies_of(read, view.namespace, view.labels):
        logging = policy.policies.get(AccessLogging)
        wanted = getattr(logging, reporter.value) if logging is not None else None
        if wanted is not None:
            read.decided(policy.object)
            return bool(wanted)
    settings = settings_of(read)
    if not settings.access_log:
        read.decided(settings.object)
    return settings.access_log
