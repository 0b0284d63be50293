"""Where the filter finds the tokens of a request, and how it takes one out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote_plus

from envoy.extensions.filters.http.jwt_authn.v3.config_pb2 import JwtProvider

from gossamer.explain.route.request import ExplainedRequest

_BEFORE = re.compile(r"[^A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class TokenFound:
    """A text that should be a token; where it stood, for people, and the header or parameter."""

    text: str
    place: str
    header: str = ""
    param: str = ""

    def taken_out(self, request: ExplainedRequest) -> ExplainedRequest:
        """The request without it; a cookie stays."""
        if self.header:
            kept = tuple(pair for pair in request.headers if pair[0] != self.header)
            return request.with_headers(kept)
        if not self.param:
            return request
        path, _, query = request.path.partition("?")
        rest = [each for each in query.split("&") if _name(each) != self.param]
        return replace(request, path=f"{path}?{'&'.join(rest)}" if rest else path)


def tokens_of(provider: JwtProvider, request: ExplainedRequest) -> Iterator[TokenFound]:
    """Each, in Envoy's order."""
    for header in provider.from_headers:
        value = request.header(header.name)
        if value is not None and header.value_prefix in value:
            text = value
            if header.value_prefix:
                _, _, rest = value.partition(header.value_prefix)
                text = _BEFORE.sub("", rest, count=1)
            yield TokenFound(text, f"header {header.name}", header=header.name)
    for param in provider.from_params:
        values = [
            each.partition("=")[2] for each in request.query.split("&") if _name(each) == param
        ]
        if values:
            yield TokenFound(unquote_plus(values[0]), f"query parameter {param}", param=param)
    for cookie in provider.from_cookies:
        pairs = (each.partition("=") for each in (request.header("cookie") or "").split(";"))
        values = [value.strip() for name, _, value in pairs if name.strip() == cookie]
        if values:
            yield TokenFound(values[0], f"cookie {cookie}")


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])
