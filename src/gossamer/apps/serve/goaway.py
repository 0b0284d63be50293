"""h2's connection, except that GOAWAY leaves the open streams alone.

RFC 9113 section 6.8: streams up to the last id named go on after GOAWAY. h2 closes its whole state
machine instead and then refuses the frames that are still to come, which breaks every graceful
drain (of Envoy's among others).
"""

from __future__ import annotations

from typing import Any

from h2.connection import H2Connection
from h2.events import ConnectionTerminated, Event


class DrainingConnection(H2Connection):
    """Tells of a GOAWAY as an event and stays usable for the streams that are open."""

    def _receive_goaway_frame(self, frame: Any) -> tuple[list[Any], list[Event]]:
        event = ConnectionTerminated()
        event.error_code = frame.error_code
        event.last_stream_id = frame.last_stream_id
        event.additional_data = frame.additional_data or None
        return [], [event]
