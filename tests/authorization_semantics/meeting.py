"""One concrete call held against the formula of what lets calls in."""

from __future__ import annotations

from gossamer.explain.promises.formula import known
from gossamer.explain.promises.identities import IDENTITY
from gossamer.explain.promises.policy_formula import PortOfMesh, let_through, named_rules
from gossamer.explain.promises.subjects import Subjects
from gossamer.explain.promises.ways_in import WayIn


def allows(way: WayIn, identity: str | None, method: str, path: str, team: str | None) -> bool:
    """Whether a call by that way gets through; `team` is the header x-team."""
    subjects = Subjects(way.admitted, {})
    rules = named_rules(way.holding, PortOfMesh(way.port, way.domains), subjects)
    values = {
        IDENTITY: identity and f"cluster.local/ns/{identity}",
        ("method",): method,
        ("path",): path,
        ("header", "x-team"): team,
    }
    met = {subject: subjects.met(subject, values.get(subject)) for subject in subjects.asked()}
    answer = known(let_through(way.holding, rules), met)
    assert answer is not None
    return answer
