"""The names of proxies' folders: short, unlike each other, and readable where they can be."""

from __future__ import annotations

from hypothesis import given, strategies

from gossamer.agent.folder import LONGEST, folder_name

NAME = strategies.from_regex(r"[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?", fullmatch=True)


@given(NAME, NAME)
def test_a_folder_is_never_too_long_for_sockets(namespace: str, pod: str) -> None:
    """Whatever a pod is called, its sockets' paths are bounded."""
    assert 0 < len(folder_name(f"{namespace}/{pod}")) <= LONGEST


def test_a_short_name_stays_as_it_is() -> None:
    """Someone who looks into the folder finds the pod."""
    assert folder_name("shop/web-1") == "shop.web-1"


def test_long_names_that_begin_alike_differ() -> None:
    """Two pods of one workload never share a folder."""
    one = folder_name("default/productcatalogservice-mnqpk7xw76-xcfpj")
    two = folder_name("default/productcatalogservice-mnqpk7xw76-zbltc")
    assert one != two
    assert one.startswith("default.productca")
