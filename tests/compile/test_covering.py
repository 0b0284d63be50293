"""Looking among the rules that may cover another one finds what comparing it with each finds."""

from __future__ import annotations

from hypothesis import given, strategies

from gossamer.compile.checks.routes.covering import Covering
from gossamer.compile.checks.routes.matches import covers
from gossamer.model.traffic.route import Compare, Match, NamedMatch, StringMatch

TEXTS = strategies.builds(
    StringMatch,
    strategies.sampled_from(Compare),
    strategies.sampled_from(
        ["", "/", "/a", "/A", "/a/", "/a/b", "/ab", ".*", "GET", "/" + "a" * 70]
    ),
    strategies.booleans(),
)
NAMED = strategies.lists(
    strategies.builds(
        NamedMatch, strategies.sampled_from(["x", "X", "y"]), TEXTS, strategies.booleans()
    ),
    max_size=2,
).map(tuple)
MATCHES = strategies.builds(
    Match,
    path=strategies.none() | TEXTS,
    method=strategies.none() | TEXTS,
    authority=strategies.none() | TEXTS,
    scheme=strategies.none() | TEXTS,
    headers=NAMED,
    query=NAMED,
    port=strategies.sampled_from([None, 80, 81]),
    source_labels=strategies.sampled_from([(), (("a", "b"),), (("a", "b"), ("c", "d"))]),
    source_namespace=strategies.sampled_from([None, "n"]),
    gateways=strategies.sampled_from([(), ("mesh",), ("mesh", "g"), ("g",)]),
)


@given(strategies.lists(MATCHES, max_size=8))
def test_the_first_that_covers_is_found(matches: list[Match]) -> None:
    """Exactly the one that comes first among all, or none."""
    before = Covering()
    for at, narrow in enumerate(matches):
        each = (n for n, wide in enumerate(matches[:at]) if covers(wide, narrow))
        assert before.first(narrow) == next(each, None)
        before.add(narrow)
