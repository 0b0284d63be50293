"""From answers about access to the shapes that programs read."""

from __future__ import annotations

from collections.abc import Iterable

from gossamer.explain.authorization.truth import Truth, Unknown
from gossamer.explain.permission.can import (
    CanAnswer,
    PortAnswer,
    first_place,
    mixed_reason,
    reason_of,
)
from gossamer.explain.permission.parties import workload_name
from gossamer.explain.permission.segments import Segment
from gossamer.explain.permission.shapes import (
    CanShape,
    PortAnswerShape,
    SegmentShape,
    SegmentsShape,
)
from gossamer.explain.report.shapes import PlaceShape
from gossamer.explain.report.shaping import place_shape


def can_shape(answer: CanAnswer) -> CanShape:
    """What `gossamer can -o json` prints."""
    request = answer.asked.request
    place = first_place(answer.deciding.ruling)
    return CanShape(
        allowed=_told(answer.allowed),
        reason=mixed_reason(answer),
        by=place_shape(place) if place else PlaceShape(),
        source=answer.source,
        destination=answer.destination,
        request=f"{request.method} {request.path}",
        other_requests=any(each.varies for each in answer.ports),
        ports=[_port(each) for each in answer.ports],
    )


def segments_shape(every: Iterable[Segment]) -> SegmentsShape:
    """The pairs as JSON has them."""
    return SegmentsShape(
        [
            SegmentShape(
                each.source,
                each.destination,
                each.extent.value,
                list(each.calls),
                [place_shape(place) for place in each.because],
            )
            for each in every
        ]
    )


def _port(answer: PortAnswer) -> PortAnswerShape:
    ruling = answer.ruling
    return PortAnswerShape(
        workload=workload_name(answer.called.pod),
        port=answer.called.shown,
        allowed=_told(answer.allowed),
        reason=reason_of(answer),
        rule=ruling.rule,
        status=ruling.status if ruling.allowed is False else None,
        mtls=answer.mtls,
        because=[place_shape(place) for place in ruling.because],
        dry_run=[note.says for note in ruling.notes],
    )


def _told(truth: Truth) -> bool | None:
    return None if isinstance(truth, Unknown) else truth
