"""How a request's path is made alike before any rule sees it, so that no spelling passes a rule by.

Sidecars do as Istio's by default: dots are resolved and needless escapes undone. Gateways serve
outsiders, and also read an escaped slash as one and many as one.
"""

from __future__ import annotations

from collections.abc import Mapping

from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.compile.side import Direction
from gossamer.model.settings import PathNormalization, Settings

_Manager = http_connection_manager_pb2.HttpConnectionManager
_MERGING = (PathNormalization.MERGE_SLASHES, PathNormalization.DECODE_AND_MERGE_SLASHES)
_DEFAULT: Mapping[Direction, PathNormalization] = {
    Direction.OUTBOUND: PathNormalization.BASE,
    Direction.INBOUND: PathNormalization.BASE,
    Direction.GATEWAY: PathNormalization.DECODE_AND_MERGE_SLASHES,
}


def fill_paths(
    manager: http_connection_manager_pb2.HttpConnectionManager,
    direction: Direction,
    settings: Settings,
) -> None:
    """Set what MeshConfig's `pathNormalization` says, else the direction's own."""
    form = settings.path_normalization or _DEFAULT[direction]
    manager.normalize_path.value = form is not PathNormalization.NONE
    manager.merge_slashes = form in _MERGING
    if form is PathNormalization.DECODE_AND_MERGE_SLASHES:
        action = _Manager.PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD
        manager.path_with_escaped_slashes_action = action
