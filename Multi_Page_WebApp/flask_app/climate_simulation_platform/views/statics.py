"""Styles, scripts and pictures of the pages, under an address that changes with their content.

The fingerprint is a folder of the address: a script that imports its neighbour stays within it.
"""

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory

FOLDER = Path(__file__).resolve().parent.parent / "static"
FINGERPRINT_CHARACTERS = 12
YEAR_SECONDS = 365 * 24 * 3600


def fingerprint(folder: Path) -> str:
    """Checksum of the names and contents of all files below a folder."""
    total = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(file.relative_to(folder).as_posix().encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:FINGERPRINT_CHARACTERS]


def serve_statics(app: Flask, folder: Path = FOLDER) -> None:
    """Add the endpoint `static`; `url_for("static", filename=…)` gives the lasting address."""
    version = fingerprint(folder)

    def static(version: str, filename: str) -> Response:
        response = send_from_directory(folder, filename)
        response.headers["Cache-Control"] = lasting if version == current else "no-cache"
        return response

    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("version", current)

    current, lasting = version, f"public, max-age={YEAR_SECONDS}, immutable"
    app.add_url_rule("/static/<version>/<path:filename>", "static", static)
    app.url_defaults(add_version)
