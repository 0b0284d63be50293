"""Which objects a file names, for those who want them gone."""

from __future__ import annotations

from gossamer.plane.documents import keys_in
from gossamer.store.document import DocumentKey
from gossamer.store.paths import File

BROKEN = b"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {ports: nonsense}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
"""


def test_kind_and_name_are_enough() -> None:
    """A file that says too little to be applied, or nonsense, still says what to delete."""
    assert keys_in([File("broken.yaml", BROKEN)]) == [
        DocumentKey("networking.istio.io/VirtualService", "default", "reviews"),
        DocumentKey("Service", "shop", "db"),
    ]
