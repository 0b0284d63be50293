"""What two processes agree on is written in `contract/` alone, and in no other room."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gossamer

SOURCE = Path(gossamer.__file__).parent

NAME = re.compile(
    r"type\.(googleapis\.com|gossamer\.dev)/|/gossamer\.v1\.|^gossamer-(proxy|hosts?)$"
    r"|^\W*(outbound|inbound|tcp|gateway|eager|client|roots)\\?\|(?!server)"
    r"|^(inbound-roots|system-roots)$|(CLUSTER|UPSTREAM)_METADATA\(|envoy\.transport_socket_match"
)
"""Texts that only `contract/` prints, and prefixes by which only it takes names apart."""

NUMBERS = frozenset((15001, 15006, 15021, 15101, 1337, 1338))
CUTS = frozenset(("split", "rsplit", "partition", "rpartition"))

EXCEPTIONS = {
    # A Lua script that Envoy runs joins the name itself.
    "compile/http_filters/dialled.py": {"outbound|"},
    # The code of a finding, which is another thing.
    "dialects/istio/destination_rule/client_tls.py": {"system-roots"},
    # Names of filter chains, which nothing reads.
    "compile/listeners/outbound.py": {"tcp|"},
}
"""By file, what may stay. The list only shrinks: what is not found any more must leave it."""


def docstrings(tree: ast.AST) -> set[int]:
    """The ids of all strings that are statements of their own."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def literals(text: str) -> Iterator[str]:
    """Each name, number or cut at a bar in a module's code; what documents it is left out."""
    tree = ast.parse(text)
    documented = docstrings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(value)) if id(node) not in documented:
                if found := NAME.search(value):
                    yield found[0].strip(' ",^(')
            case ast.Constant(value=int(value)) if value in NUMBERS:
                yield str(value)
            case ast.Call(func=ast.Attribute(attr=cut), args=[ast.Constant(value="|"), *_]):
                if cut in CUTS:
                    yield f'{cut}("|")'


def test_no_other_room_has_a_literal_of_the_contract() -> None:
    """Two processes that each have their own copy agree until one of them changes."""
    found = {
        str(path.relative_to(SOURCE)): set(literals(path.read_text()))
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).parts[0] != "contract"
    }
    assert {path: each for path, each in found.items() if each} == EXCEPTIONS


@pytest.mark.parametrize(
    "code",
    [
        'x = f"outbound|{port}||{host}"',
        'x = name.startswith("gateway|")',
        'x = re.compile(r"outbound\\|(.*)")',
        'x = "type.googleapis.com/envoy.config.cluster.v3.Cluster"',
        'x = name.split("|")',
        'x = "/gossamer.v1.Identity/Sign"',
        "x = 15001",
        "x = 0x539",
    ],
)
def test_each_kind_of_literal_is_found(code: str) -> None:
    """The test above can fail."""
    assert list(literals(code))


def test_documentation_may_name_what_it_is_about() -> None:
    """A docstring that shows a name is for readers; nothing is made of it."""
    code = 'def f():\n    """The cluster `outbound|80||h`, at port 15001."""\n'
    assert list(literals(code)) == []
