"""What one proxy holds, as the API shows it: each resource by type and name."""

from __future__ import annotations

from gossamer.plane.api.answers import CompiledShape, ProxyResources
from gossamer.plane.resources.catalog import Catalog, EntryId
from gossamer.plane.resources.proxy_subscription import ProxySubscription


def contents(subscription: ProxySubscription, catalog: Catalog) -> ProxyResources:
    """Type -> name -> version and deciding objects; None for a name that leads to nothing."""
    return {
        kind.value: {name: _shape(catalog, subscription.entry_of(kind, name)) for name in names}
        for kind, names in subscription.names().items()
    }


def _shape(catalog: Catalog, wanted: EntryId | None) -> CompiledShape | None:
    if wanted is None:
        return None
    compiled = catalog.entry(wanted).compiled
    return CompiledShape(compiled.version, [str(ref) for ref in compiled.because])
