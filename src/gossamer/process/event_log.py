"""Logs of events with fields: `log.warning("not-signed", pod=key, reason=why)`.

An event is a short constant name, so it can be searched for and counted; what differs from one
time to the next stands in the fields. Everything passes the standard library's `logging`, so what
other libraries log comes out in the same shape.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping

from gossamer.process.log_format import JsonFormat, TextFormat

FORMAT_VARIABLE = "GOSSAMER_LOG_FORMAT"
"""`text`, for people (the default), or `json`: an object a line, for programs."""

_FORMATS: Mapping[str, type[logging.Formatter]] = {"text": TextFormat, "json": JsonFormat}


class EventLog:
    """A logger whose keyword arguments are the event's fields, whatever they are called."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, /, **fields: object) -> None:
        """What only somebody who hunts a fault wants to read."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        """What happens in the normal run of things."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        """What is wrong and does not stop the program; the fields say the effect if it is odd."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        """What is wrong and stops something."""
        self._log(logging.ERROR, event, fields)

    def exception(
        self, event: str, raised: BaseException | None = None, /, **fields: object
    ) -> None:
        """A broken invariant: an error with the traceback of `raised`, else of what is handled."""
        self._log(logging.ERROR, event, fields, raised or sys.exc_info()[1])

    def _log(
        self,
        level: int,
        event: str,
        fields: Mapping[str, object],
        raised: BaseException | None = None,
    ) -> None:
        if self._logger.isEnabledFor(level):
            extra = {"fields": fields}
            self._logger.log(level, event, exc_info=raised, extra=extra)


def set_up_logs(environ: Mapping[str, str]) -> None:
    """Write all logs to standard error, in the format that the environment asks for."""
    asked = environ.get(FORMAT_VARIABLE) or "text"
    output = logging.StreamHandler()
    output.setFormatter(_FORMATS.get(asked, TextFormat)())
    logging.basicConfig(level=logging.INFO, handlers=[output], force=True)
    if asked not in _FORMATS:
        EventLog("gossamer").warning(
            "log-format-unknown",
            variable=FORMAT_VARIABLE,
            value=asked,
            effect="logs are text",
            remedy="set it to text or json",
        )
