"""The switch of the access log among network filters: it tells the log of each connection.

As among HTTP filters (`http_filters/access_log.py`), by the connection's state. The line is
written when a connection ends, as was wanted when it began.
"""

from __future__ import annotations

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLogFilter
from envoy.extensions.access_loggers.filters.cel.v3.cel_pb2 import ExpressionFilter
from envoy.extensions.filters.network.set_filter_state.v3.set_filter_state_pb2 import Config

from gossamer.compile.engine.discovered import Discovered
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.lookup.access_log import writes_lines
from gossamer.compile.protos import packed
from gossamer.compile.side import Side, reporter_of
from gossamer.contract.extension_names import ExtensionName, Layer, ReporterSide
from gossamer.model.policies.workload.access_log import AccessLogging

_KEY, _OFF = "gossamer.access_log", "off"


def connection_log_switch(side: Side) -> Discovered:
    """The filter of a side. Until something else is known lines are written."""
    name = ExtensionName(reporter_of(side), AccessLogging.WORD, Layer.TCP)
    return Discovered(name, Config, Config())


def told_of_connections(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> Config:
    """What it is told: nothing to do, or to say that no line is wanted."""
    config = Config()
    if not writes_lines(read, view, reporter):
        off = config.on_new_connection.add(object_key=_KEY, factory_key="envoy.string")
        off.format_string.text_format_source.inline_string = _OFF
    return config


def connections_to_log() -> AccessLogFilter:
    """Which connections have their line written."""
    condition = AccessLogFilter()
    condition.extension_filter.name = "envoy.access_loggers.extension_filters.cel"
    expression = f"!('{_KEY}' in filter_state)"
    condition.extension_filter.typed_config.CopyFrom(
        packed(ExpressionFilter(expression=expression))
    )
    return condition
