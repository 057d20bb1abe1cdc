"""Uploads through the form, and a look at what they leave behind."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Flask
from werkzeug.test import TestResponse

from climate_simulation_platform.db import revisions
from tests.web import Visitor, services_of


def bytes_of(writer: Callable[[Path], None], folder: Path) -> bytes:
    """What a writer of a file writes."""
    path = folder / "written.nc"
    writer(path)
    found = path.read_bytes()
    path.unlink()
    return found


def upload(
    visitor: Visitor, content: bytes, filename: str = "topography.nc", /, **words: str
) -> TestResponse:
    """Send the upload's form as a browser without JavaScript does."""
    body, kind = multipart({"csrf_token": visitor.csrf_token(), **words}, (filename, content))
    return visitor.post("/upload", data=body, content_type=kind)


def multipart(words: Mapping[str, str], *sent: tuple[str, bytes]) -> tuple[bytes, str]:
    """Body and type of a form with files."""
    border = secrets.token_hex(16)
    parts = [(f'name="{name}"', text.encode()) for name, text in words.items()]
    parts += [
        (f'name="file"; filename="{_quoted(name)}"\r\nContent-Type: application/x-netcdf', content)
        for name, content in sent
    ]
    body = b"".join(
        f"--{border}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    )
    return body + f"--{border}--\r\n".encode(), f"multipart/form-data; boundary={border}"


def _quoted(name: str) -> str:
    """A file name as browsers send it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def number_of(answer: TestResponse) -> int:
    """Number of the topography that an upload led to."""
    assert answer.status_code == 303, answer.text
    return int((answer.location or "").split("/")[1])


def left_over(app: Flask) -> list[str]:
    """Files on disk that no row names, rows without file, and uploads on their way."""
    services = services_of(app)
    with services.database.reading() as connection:
        known = revisions.every_path(connection)
    storage = services.storage
    return [
        *storage.orphans(known),
        *(path for path in known if not storage.path(path).is_file()),
        *(str(path) for path in storage.incoming_folder.rglob("*")),
        *(str(path) for path in storage.files.rglob(".*")),
    ]
