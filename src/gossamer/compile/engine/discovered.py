"""A filter whose configuration is a resource of its own (`extensions.py`), by ECDS.

A step of a filter chain gives one where other filters give their configuration. The filter bears
the resource's name, as Envoy asks by it. `kind` is the type that Envoy then takes, or `idle`, of a
filter that does nothing, where the first cannot be told to do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from envoy.config.core.v3.config_source_pb2 import ExtensionConfigSource
from google.protobuf.message import Message

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.protos import ads, packed, set_duration
from gossamer.contract.extension_names import ExtensionName
from gossamer.contract.type_urls import type_url

DEFAULT_AFTER = timedelta(seconds=1)
"""How long a listener waits for the configuration of a filter that can do without."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """With `default` a filter that never got a good configuration does what that says. Without
    one the listener waits for the first, and answers 500 if Envoy refuses it: for filters that
    guard something."""

    name: ExtensionName
    kind: type[Message]
    default: Message | None = None
    idle: type[Message] | None = None

    def source(self, read: TrackedLookup) -> ExtensionConfigSource:
        """Where Envoy finds the configuration; it is pushed ahead of what is being compiled."""
        read.need(ResourceType.EXTENSION, str(self.name))
        kinds = [each for each in (self.kind, self.idle) if each is not None]
        urls = [type_url(each.DESCRIPTOR.full_name) for each in kinds]
        source = ExtensionConfigSource(type_urls=urls)
        source.config_source.CopyFrom(ads())
        wait = timedelta(0) if self.default is None else DEFAULT_AFTER
        set_duration(source.config_source.initial_fetch_timeout, wait)
        if self.default is not None:
            source.default_config.CopyFrom(packed(self.default))
        return source
