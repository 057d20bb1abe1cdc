"""What each request must pass before a view sees it, and the headers of each answer.

The order matters: who asks, may they, is the file theirs, is there room; only then is a body read.
"""

import secrets
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect, validate_csrf
from wtforms.validators import ValidationError

from climate_simulation_platform.auth.signing_in import user_of_request
from climate_simulation_platform.views.current import user_or_none
from climate_simulation_platform.views.ownership import demand_own_file
from climate_simulation_platform.views.wanted import wants_json

PUBLIC = frozenset({"static", "status", "metrics", "panel_gate", "auth.login", "auth.register"})
"""Endpoints that answer without a sign-in."""

WITHOUT_USER = frozenset({"static", "status", "metrics"})
"""Endpoints that do not even look who asks."""

SESSION_ENDED = "Your session has ended; nothing was changed. Sign in and send the form again."

READING = frozenset({"GET", "HEAD", "OPTIONS"})

FORM_BYTES = 2**20
"""Largest body of a request; an upload's view allows itself more."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

YEAR_SECONDS = 365 * 24 * 3600

View = TypeVar("View", bound=Callable[..., Any])


def guard(app: Flask) -> None:
    """Put the checks before each request and the headers onto each answer."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    app.config["MAX_CONTENT_LENGTH"] = FORM_BYTES
    CSRFProtect(app)
    for check in (_look_who_asks, _demand_sign_in, demand_own_file, _before_reading, _demand_csrf):
        app.before_request(check)
    app.after_request(_headers)
    app.add_template_global(csp_nonce)


def before_reading(check: Callable[[], ResponseReturnValue | None]) -> Callable[[View], View]:
    """Let a view look at a request before its body is read.

    The check runs once the visitor is known and the file is known to be theirs; it may raise,
    answer, or set `request.max_content_length`. Stands right below the route.
    """

    def mark(view: View) -> View:
        view.__dict__["before_reading"] = check
        return view

    return mark


def csp_nonce() -> str:
    """Nonce of this answer's scripts and styles."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return str(g.csp_nonce)


def _look_who_asks() -> None:
    if request.endpoint not in WITHOUT_USER:
        g.signed_in = user_of_request()


def _demand_sign_in() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint in PUBLIC or user_or_none():
        return None
    if wants_json():
        abort(401)
    if request.method not in READING:
        flash(SESSION_ENDED, "care")
    return redirect(url_for("auth.login", next=_wanted_page()), code=303)


def _wanted_page() -> str | None:
    """Where somebody goes once they have signed in: the page they asked for or sent a form from."""
    if request.method in READING:
        path = request.script_root + request.full_path.rstrip("?")
    else:
        sender = urlsplit(request.referrer or "")
        path = sender.path if sender.netloc == request.host else ""
    return path if path not in ("", f"{request.script_root}/") else None


def _before_reading() -> ResponseReturnValue | None:
    view = current_app.view_functions.get(request.endpoint or "")
    check = getattr(view, "before_reading", None)
    answer: ResponseReturnValue | None = None
    if check and request.method not in READING:
        answer = check()
    return answer


def _demand_csrf() -> None:
    """Refuse a change that no page of ours asked for; a header spares reading the body."""
    if request.method in READING or request.endpoint is None:
        return
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise CSRFError
    token = request.headers.get("X-CSRFToken") or request.form.get("csrf_token")
    try:
        validate_csrf(token)
    except ValidationError as refusal:
        raise CSRFError from refusal


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Content-Security-Policy"] = _policy(csp_nonce())
    response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"
    return response


def _policy(nonce: str) -> str:
    sources = {
        "default-src": "'self'",
        "script-src": f"'self' 'nonce-{nonce}'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' data: blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {allowed}" for name, allowed in sources.items())
