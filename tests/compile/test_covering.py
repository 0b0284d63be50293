"""Looking among the rules that may cover another one finds what comparing it with each finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from gossamer.compile.checks.routes.covering import Covering
from gossamer.compile.checks.routes.matches import covers
from gossamer.model.traffic.route import Compare, Match, NamedMatch, StringMatch

TEXTS = some.builds(
    StringMatch,
    some.sampled_from(Compare),
    some.sampled_from(["", "/", "/a", "/A", "/a/", "/a/b", "/ab", ".*", "GET", "/" + "a" * 70]),
    some.booleans(),
)
NAMED = some.lists(
    some.builds(NamedMatch, some.sampled_from(["x", "X", "y"]), TEXTS, some.booleans()), max_size=2
).map(tuple)
MATCHES = some.builds(
    Match,
    path=some.none() | TEXTS,
    method=some.none() | TEXTS,
    authority=some.none() | TEXTS,
    scheme=some.none() | TEXTS,
    headers=NAMED,
    query=NAMED,
    port=some.sampled_from([None, 80, 81]),
    source_labels=some.sampled_from([(), (("a", "b"),), (("a", "b"), ("c", "d"))]),
    source_namespace=some.sampled_from([None, "n"]),
    gateways=some.sampled_from([(), ("mesh",), ("mesh", "g"), ("g",)]),
)


@given(some.lists(MATCHES, max_size=8))
def test_the_first_that_covers_is_found(matches: list[Match]) -> None:
    """Exactly the one that comes first among all, or none."""
    before = Covering()
    for at, narrow in enumerate(matches):
        each = (n for n, wide in enumerate(matches[:at]) if covers(wide, narrow))
        assert before.first(narrow) == next(each, None)
        before.add(narrow)
