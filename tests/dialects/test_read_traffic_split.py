"""SMI's TrafficSplit in all its versions."""

from __future__ import annotations

import pytest

from gossamer.model.ids import Dialect
from tests.dialects.full_manifests import codes, refused, spec, the


def split(version: str, *weights: str) -> str:
    """A TrafficSplit's spec with these weights."""
    shares = ", ".join(f"{{service: v{at}, weight: {w}}}" for at, w in enumerate(weights))
    return f"service: reviews\nbackends: [{shares}]"


@pytest.mark.parametrize(
    ("weights", "meant"),
    [
        (("90", "10"), [90, 10]),
        (("900m", "100m"), [900, 100]),
        (("1", "500m"), [1000, 500]),
        (("'0.25'", "1k"), [250, 1_000_000]),
        (("'1'", "0"), [1, 0]),
    ],
)
@pytest.mark.parametrize("version", ["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"])
def test_weights_are_ratios(version: str, weights: tuple[str, ...], meant: list[int]) -> None:
    """Whole numbers stay as written; quantities become whole numbers in the same ratio."""
    route_set = the(spec(f"split.smi-spec.io/{version}", "TrafficSplit", split(version, *weights)))
    assert route_set.dialect is Dialect.SMI
    assert [backend.weight for backend in route_set.routes[0].backends] == meant
    assert {backend.port for backend in route_set.routes[0].backends} == {None}


@pytest.mark.parametrize(
    "body",
    [
        split("", "0", "0"),
        split("", "-1"),
        split("", "many"),
        "service: a",
        "backends: []",
        "service: 'a b'\nbackends: [{service: b, weight: 1}]",
    ],
)
def test_a_split_that_shares_nothing_is_refused(body: str) -> None:
    """Nobody can say where the calls should go."""
    assert refused(spec("split.smi-spec.io/v1alpha2", "TrafficSplit", body))


def test_a_split_of_matched_calls_shares_none() -> None:
    """Matches are not supported: splitting every call is worse than splitting none."""
    result = spec("split.smi-spec.io/v1alpha4", "TrafficSplit", split("", "1") + "\nmatches: [{}]")
    assert codes(result.findings) == ["unsupported-field"]
    assert result.contribution is not None
    assert result.contribution.fragments == ()
