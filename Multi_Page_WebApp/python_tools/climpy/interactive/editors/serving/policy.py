"""What each answer says about itself, and what a browser may do with it."""

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

HERE = Path(__file__).parent

PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Bokeh's shadow roots carry their styles inline
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)
"""No inline script and no `eval`: a page's scripts are files, what they need is a block of data."""

FILE_POLICY = "default-src 'none'; frame-ancestors 'none'"

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def environment(*folders: Path) -> Environment:
    """Give an environment with the shell's templates, and those of the caller before them."""
    loader = FileSystemLoader([*folders, HERE / "templates"])
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


@cache
def version_of(file: Path) -> str:
    """Give what tells one version of a static file from another."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
