"""The switch of the access log among HTTP filters: it tells the log of each request.

Access logs stand in the listener, and a listener that changes drains. So the line of the log is
always configured, and written unless the request's metadata says otherwise. This filter says so
where no lines are wanted; it is discovered, and changes without the listener.
"""

from __future__ import annotations

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLogFilter
from envoy.extensions.filters.http.set_metadata.v3.set_metadata_pb2 import Config

from gossamer.compile.engine.discovered import Discovered
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.lookup.access_log import writes_lines
from gossamer.compile.side import Side, reporter_of
from gossamer.contract.extension_names import ExtensionName, Layer, ReporterSide
from gossamer.model.policies.workload.access_log import AccessLogging

_NAMESPACE, _KEY = "gossamer.access_log", "line"


def request_log_switch(read: TrackedLookup, side: Side) -> Discovered:
    """The filter of a side. Until something else is known lines are written."""
    name = ExtensionName(reporter_of(side), AccessLogging.WORD, Layer.HTTP)
    return Discovered(name, Config, Config())


def told_of_requests(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> Config:
    """What it is told: nothing to do, or to say that no line is wanted."""
    config = Config()
    if not writes_lines(read, view, reporter):
        off = config.metadata.add(metadata_namespace=_NAMESPACE, allow_overwrite=True)
        off.value.fields[_KEY].bool_value = False
    return config


def requests_to_log() -> AccessLogFilter:
    """Which requests have their line written."""
    condition = AccessLogFilter()
    condition.metadata_filter.matcher.filter = _NAMESPACE
    condition.metadata_filter.matcher.path.add(key=_KEY)
    condition.metadata_filter.matcher.value.bool_match = True
    condition.metadata_filter.match_if_key_not_found.value = True
    return condition
