"""How the answer to one call differs between two meshes, in words and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from gossamer.contract.cluster_names import outbound_host
from gossamer.explain.explain import explain_call
from gossamer.explain.report.details import details
from gossamer.explain.report.explanation import Explanation, TrafficShare, Verdict
from gossamer.explain.report.shapes import CallChangeShape, ExplainedShape
from gossamer.explain.report.shaping import shape_of
from gossamer.explain.walk.call import BadCall, Call
from gossamer.model.mesh import Mesh


@dataclass(frozen=True, slots=True)
class CallChange:
    """A call that ends differently afterwards."""

    call: Call
    before: Explanation | None
    after: Explanation | None

    def shape(self) -> CallChangeShape:
        """How it ends in words, with the whole explanations beside them."""
        return CallChangeShape(
            source=self.call.source,
            call=str(self.call),
            before=_words(self.before, self.after),
            after=_words(self.after, self.before),
            explained=ExplainedShape(
                before=shape_of(self.before) if self.before else None,
                after=shape_of(self.after) if self.after else None,
            ),
        )


def difference(before: Mesh, after: Mesh, call: Call) -> CallChange | None:
    """What changes for the call; None where it ends as it did."""
    then, now = _explained(before, call), _explained(after, call)
    return None if _essence(then) == _essence(now) else CallChange(call, then, now)


def _explained(mesh: Mesh, call: Call) -> Explanation | None:
    try:
        return explain_call(mesh, call)
    except BadCall:  # its source is not there in this mesh
        return None


def _essence(explanation: Explanation | None) -> Any:
    """What a caller could notice: not which addresses, not which rule said so."""
    if explanation is None:
        return None
    shares = sorted(
        (_target(share), share.percent, share.status or 0) for share in explanation.shares
    )
    end = (
        explanation.verdict,
        explanation.status,
        explanation.grpc_status,
        explanation.location,
        explanation.body,
    )
    return (end, shares, details(explanation))


def _target(share: TrafficShare) -> str:
    """The service, subset and workloads of a share, as people name them."""
    places = Counter(f"{b.service}{' ' + b.subset if b.subset else ''}" for b in share.backends)
    return ", ".join(sorted(places)) or outbound_host(share.cluster) or share.cluster


def _words(explanation: Explanation | None, other: Explanation | None) -> str:
    """Where the call goes, and what else of it is not as in the other answer."""
    if explanation is None:
        return "the caller does not exist"
    if explanation.verdict is Verdict.ROUTED and explanation.shares:
        parts = [_share(share) for share in explanation.shares]
        text = ", ".join(parts)
    elif explanation.location:
        text = f"redirected {explanation.status} to {explanation.location}"
    else:
        status = f" {explanation.status}" if explanation.status else ""
        text = f"{explanation.verdict.value.replace('_', ' ')}{status}"
    if other is None or Verdict.UNRESOLVED in (explanation.verdict, other.verdict):
        return text
    elsewhere = details(other)
    more = (words for name, words in details(explanation).items() if words != elsewhere[name])
    return "; ".join([text, *filter(None, more)])


def _share(share: TrafficShare) -> str:
    answer = f" (status {share.status})" if share.status else ""
    return f"{share.percent:g} % {_target(share)}{answer}"
