"""Whether a visitor may go on to the editors, for the web server in front of them."""

from flask import Response, request, url_for

from climate_simulation_platform.views.current import user_or_none

ASKED_FOR = "X-Original-URI"
"""Header in which the web server names the address that the visitor wants."""

SIGN_IN = "X-Sign-In"
"""Header of the answer to a visitor who is not signed in: where to send them."""


def panel_gate() -> Response:
    """204 for somebody who is signed in, 401 for anybody else; not reachable from outside."""
    if user_or_none():
        return Response(status=204)
    wanted = request.headers.get(ASKED_FOR)
    return Response(status=401, headers={SIGN_IN: url_for("auth.login", next=wanted)})
