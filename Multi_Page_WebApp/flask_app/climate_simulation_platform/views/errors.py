"""What goes wrong, as a page for a person or as JSON for a program; never a traceback."""

import logging
import secrets

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from climate_simulation_platform import errors
from climate_simulation_platform.sandbox import ChildDied
from climate_simulation_platform.views.wanted import wants_json
from climpy.errors import ClimpyError

logger = logging.getLogger(__name__)

STATUS_OF = {
    errors.PlatformError: 400,
    errors.RequestRefused: 400,
    errors.NotThere: 404,
    errors.Conflict: 409,
    errors.Busy: 503,
    errors.DatabaseUnusable: 503,
    errors.QueueUnavailable: 503,
    errors.NoSpace: 507,
    errors.SettingsRefused: 500,
    ClimpyError: 400,
    ChildDied: 503,
}
"""Status of each kind of error; a kind that is not listed has that of its base class."""

TITLES = {
    400: "This cannot be done as it was asked",
    401: "Please sign in",
    403: "This is not yours to do",
    404: "There is nothing here",
    405: "This address is not for that",
    409: "Somebody else was faster",
    413: "That is too large",
    429: "Please wait a little",
    500: "Something broke on our side",
    503: "Not at the moment",
    507: "The disk is full",
}

SENTENCES = {
    400: "The server could not read the request.",
    401: "You are not signed in, or your session has ended.",
    403: "You are not allowed to do this.",
    404: "The page or file does not exist, or it is not one of yours.",
    405: "The address exists but does not answer this kind of request.",
    409: "The same thing was changed meanwhile.",
    413: "What was sent is larger than the server accepts.",
    429: "There were too many requests in a short time.",
    500: "The error was noted. If it happens again, tell whoever runs the server this number.",
    503: "The server is occupied; the same request may succeed in a moment.",
    507: "There is no room left for what this would write.",
}

CSRF_TITLE = "The page was open for too long"
CSRF_SENTENCE = "Nothing was changed. Go back, reload the page and send it again."

PATIENCE_SECONDS = 5
"""What a program is told to wait where the server is occupied."""


def answer_errors(app: Flask) -> None:
    """Give an application its answers to everything that can go wrong."""
    app.register_error_handler(errors.PlatformError, _refused)
    app.register_error_handler(ClimpyError, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)


def status_of(error: Exception) -> int:
    """Status of the answer to an error that the platform or climpy raised on purpose."""
    return next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)


def problem(status: int, sentence: str = "", *, title: str = "", incident: str = "") -> Response:
    """A page or JSON that says what is wrong and what can be done."""
    said = {
        "status": status,
        "title": title or TITLES.get(status, TITLES[500 if status >= 500 else 400]),
        "sentence": sentence or SENTENCES.get(status, SENTENCES[500 if status >= 500 else 400]),
    }
    if incident:
        said["incident"] = incident
    body = jsonify(said) if wants_json() else render_template("errors/error.html", **said)
    response = make_response(body, status)
    if status == 503:
        response.headers["Retry-After"] = str(PATIENCE_SECONDS)
    return response


def _refused(error: Exception) -> Response:
    status = status_of(error)
    if status >= 500:
        logger.warning("%s %s: %s", request.method, request.path, error)
    return problem(status, str(error))


def _csrf(_: CSRFError) -> Response:
    return problem(400, CSRF_SENTENCE, title=CSRF_TITLE)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    own_words = error.description if error.description != type(error).description else ""
    response = problem(status, own_words or "")
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _broken(error: Exception) -> Response:
    incident = secrets.token_hex(4)
    logger.error("Incident %s: %s %s", incident, request.method, request.path, exc_info=error)
    return problem(500, incident=incident)
