"""URLRewrite: another path or host on the way to the backend."""

from __future__ import annotations

from gossamer.dialects.gatewayapi.http_route.path_modifier import read_path_modifier
from gossamer.dialects.values.hostname import is_host, tell_bad_host
from gossamer.manifests.fields import Fields
from gossamer.model.policies.rewrite import Rewrite


def read_rewrite(stanza: Fields) -> Rewrite | None:
    """The rewrite; errors are reported in the stanza."""
    host = stanza.string("hostname")
    if host is not None and not is_host(host):
        tell_bad_host(stanza, "hostname", host)
    rewrite = Rewrite(read_path_modifier(stanza), host)
    return None if rewrite == Rewrite() else rewrite
