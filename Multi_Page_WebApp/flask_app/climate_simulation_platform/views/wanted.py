"""What kind of answer the visitor wants."""

from flask import request

HTML, JSON = "text/html", "application/json"


def wants_json() -> bool:
    """Whether a program asks, which reads JSON, and not a person with a browser."""
    return request.accept_mimetypes.best_match((HTML, JSON)) == JSON
