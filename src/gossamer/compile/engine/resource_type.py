"""The kinds of resources that a proxy or an agent subscribes to."""

from __future__ import annotations

from enum import Enum

from gossamer.contract import type_urls


class ResourceType(Enum):
    """A kind of resource; its value is the xDS type URL."""

    CLUSTER = type_urls.CLUSTER
    ENDPOINTS = type_urls.ENDPOINT
    SECRET = type_urls.SECRET
    LISTENER = type_urls.LISTENER
    EXTENSION = type_urls.EXTENSION
    ROUTE = type_urls.ROUTE
    VIRTUAL_HOST = type_urls.VIRTUAL_HOST
    NAMES = type_urls.NAMES
    POLICIES = type_urls.POLICIES
    VIEWS = type_urls.VIEWS

    # Members are singletons; hashing by identity in C, not by name in Python, halves lookups.
    __hash__ = object.__hash__
