"""Answers that never change: what belongs to a revision is sent once and kept by the browser."""

import gzip
import hashlib
from collections.abc import Callable

from flask import Response, make_response, request

from climate_simulation_platform.records import Revision
from climate_simulation_platform.version import VERSION

FOR_EVER = "private, max-age=31536000, immutable"
ASK_EACH_TIME = "private, no-cache"
"""Where the address names no revision, the newest one is meant, which may be another tomorrow."""

QUICKEST = 1
"""Level of compression: values of a field shrink little at any price."""

WORTH_SHRINKING = 1024


def lasting(sources: tuple[Revision, ...], make: Callable[[], bytes], mimetype: str) -> Response:
    """Answer with what is made from revisions, and make it only if the browser has it not.

    Parameters
    ----------
    sources : tuple of Revision
        What it is made from; with the address they say what it is.
    make : callable
        Makes it.
    """
    sign = _sign(sources)
    pinned = "revision" in request.args or "from" in request.args
    if request.if_none_match.contains(sign):
        response = make_response(b"", 304)
    else:
        response = _sent(make(), mimetype)
    response.set_etag(sign)
    response.headers["Cache-Control"] = FOR_EVER if pinned else ASK_EACH_TIME
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    return response


def _sign(sources: tuple[Revision, ...]) -> str:
    words = [VERSION, request.endpoint or "", *(revision.sha256 for revision in sources)]
    words += sorted(f"{name}={value}" for name, value in request.args.items(multi=True))
    words.append("gzip" if _shrinks() else "")
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]


def _shrinks() -> bool:
    return bool(request.accept_encodings["gzip"])


def _sent(content: bytes, mimetype: str) -> Response:
    response = make_response(content)
    response.mimetype = mimetype
    if _shrinks() and len(content) >= WORTH_SHRINKING and not mimetype.startswith("image/"):
        response.set_data(gzip.compress(content, QUICKEST, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
