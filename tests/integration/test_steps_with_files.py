"""Pages of steps that read files: findings of the checks, and an ocean grid of one's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from climate_simulation_platform import library
from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import revisions
from climate_simulation_platform.records import DataFile
from climpy.grids import nemo
from climpy.grids.orca import OrcaParameters, generate
from climpy.io import write
from tests.uploading import multipart
from tests.web import Page, Visitor, make_app, services_of, signed_in, user_of


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    application = make_app(tmp_path_factory.mktemp("instance"))
    yield application
    services_of(application).sandbox.close()


@pytest.fixture(scope="module")
def visitor(app: Flask) -> Visitor:
    return signed_in(app)


@pytest.fixture(scope="module")
def data_file(app: Flask) -> DataFile:
    services, user = services_of(app), user_of(app, "wegener")
    made = library.take_in_demo(services, user)
    return library.confirm_coordinates(services, made, user)


def send_grid(visitor: Visitor, data_file: DataFile, path: Path) -> TestResponse:
    words = {"csrf_token": visitor.csrf_token()}
    body, kind = multipart(words, (path.name, path.read_bytes()))
    return visitor.post(f"/{data_file.id}/coords/upload", data=body, content_type=kind)


def test_findings_are_shown_when_they_are_asked_for(visitor: Visitor, data_file: DataFile) -> None:
    url = f"/{data_file.id}/internal_oceans"
    assert not Page(visitor.get(url).text).texts("table")
    page = Page(visitor.get(f"{url}?look=now").text)
    assert "Seas without a way to the ocean" in page.texts("caption")
    assert any("cut off from the ocean" in text for text in page.texts("li"))


def test_an_ocean_grid_of_ones_own_is_checked_kept_and_offered(
    app: Flask, visitor: Visitor, data_file: DataFile, tmp_path: Path
) -> None:
    form = visitor.get(f"/{data_file.id}/routing").text
    assert "None was uploaded yet" in form
    grid = tmp_path / "my coordinates.nc"
    write(grid, nemo.to_file(generate(OrcaParameters())))
    answer = send_grid(visitor, data_file, grid)
    assert answer.status_code == 303
    page = Page(visitor.get(answer.location).text)
    assert any("149 x 182 points" in text for text in page.texts("p"))
    chosen = [
        a["value"]
        for _, a, _ in page.all("input")
        if a.get("name") == "coordinates" and "checked" in a
    ]
    assert chosen == ["uploaded"]
    with services_of(app).database.reading() as connection:
        kept = revisions.get(connection, data_file.id, FileType.COORDS)
    assert kept is not None
    assert kept.step is None
    assert services_of(app).storage.path(kept.path).read_bytes() == grid.read_bytes()


def test_what_is_no_ocean_grid_is_refused_by_its_own_name(
    app: Flask, visitor: Visitor, data_file: DataFile, tmp_path: Path
) -> None:
    services = services_of(app)
    with services.database.reading() as connection:
        before = revisions.of_file(connection, data_file.id)
        raw = revisions.get(connection, data_file.id, FileType.RAW)
    assert raw is not None
    topography = tmp_path / "topography.nc"
    topography.write_bytes(services.storage.path(raw.path).read_bytes())
    nonsense = tmp_path / "nonsense.nc"
    nonsense.write_bytes(b"CDF\x01" + b"\xff" * 5000)
    for path in (topography, nonsense):
        answer = send_grid(visitor, data_file, path)
        assert answer.status_code == 400
        errors = [text for _, a, text in Page(answer.text).all("p") if a.get("id") == "file-error"]
        assert len(errors) == 1
        assert errors[0].startswith(path.name)
    with services.database.reading() as connection:
        assert revisions.of_file(connection, data_file.id) == before
    assert not services.storage.orphans({one.path for one in before})
