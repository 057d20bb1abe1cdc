"""The map shows what the file holds: at the date line, the poles, the fold, thinned or not."""

import json
import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import files
from climate_simulation_platform.records import About, Coordinates, DataFile
from climpy import fields
from climpy.steps import run_step
from tests.e2e.browsing import PHONE, Window, box_of
from tests.e2e.furnishing import Furnishing
from tests.e2e.navigators import Cell, Person
from tests.stored_files import keep

PersonMaker = Callable[..., Person]
Floats = NDArray[np.float64]
AT_EDGE_DEGREES = 0.04
"""Distance from an edge within which a map may round to the other side."""


def shelve(
    furnishing: Furnishing, owner: str, paths: Iterable[Path], kind: FileType = FileType.RAW
) -> DataFile:
    """Put files in as revisions of a new topography of somebody."""
    user = furnishing.user(owner)
    with furnishing.database.writing() as connection:
        new = files.NewFile(About("Known field"), "known.nc", Coordinates.CONFIRMED, {})
        made = files.insert(connection, user.id, new, now=datetime.now(UTC))
    for path in paths:
        keep(furnishing.services, made, kind, path)
    return made


def write_regular(path: Path, heights: NDArray[np.float32], west: float, north_up: bool) -> Path:
    """A global field of equal cells whose first column begins at `west`."""
    rows, columns = heights.shape
    step = 360.0 / columns
    latitudes = (np.arange(rows) + 0.5) * 180.0 / rows - 90.0
    with netCDF4.Dataset(path, "w") as dataset:
        for name, size in (("lat", rows), ("lon", columns)):
            dataset.createDimension(name, size)
        lat = dataset.createVariable("lat", "f8", ("lat",))
        lon = dataset.createVariable("lon", "f8", ("lon",))
        lat.units, lon.units = "degrees_north", "degrees_east"
        lat[:] = latitudes[::-1] if north_up else latitudes
        lon[:] = west + step * (np.arange(columns) + 0.5)
        topo = dataset.createVariable("topo", "f4", ("lat", "lon"))
        topo.units = "m"
        topo[:] = heights
    return path


class Hand:
    """Points at places of a map that shows the whole globe, or looks where a pixel is."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.frame = person.sees_map()
        self.frame.evaluate("frame => frame.scrollIntoView({ block: 'center' })")
        self.box = box_of(self.frame)

    def place(self, x: float, y: float, centre: float = 0.0) -> tuple[float, float]:
        """Longitude and latitude of the pixel at (x, y) of the canvas, the globe as a whole."""
        size = self.frame.evaluate("frame => [frame.clientWidth, frame.clientHeight]")
        scale = min(size[0] / 360.0, size[1] / 180.0)
        longitude = centre + (x + 0.5 - size[0] / 2) / scale
        return longitude, (size[1] / 2 - y - 0.5) / scale

    def pixel(self, longitude: float, latitude: float) -> tuple[int, int]:
        """Pixel that holds a place, the globe as a whole."""
        size = self.frame.evaluate("frame => [frame.clientWidth, frame.clientHeight]")
        scale = min(size[0] / 360.0, size[1] / 180.0)
        x = math.floor(longitude * scale + size[0] / 2)
        return min(max(x, 0), size[0] - 1), min(
            max(math.floor(size[1] / 2 - latitude * scale), 0), size[1] - 1
        )

    def covered(self, x: int, y: int) -> bool:
        """Whether a button lies over a pixel."""
        return bool(
            self.frame.evaluate(
                "(frame, [x, y]) => { const box = frame.getBoundingClientRect();"
                "const top = document.elementFromPoint(box.left + x + 1, box.top + y + 1);"
                "return Boolean(top?.closest('button')); }",
                [x, y],
            )
        )

    def reads(self, x: int, y: int) -> Cell:
        """What the map says of a pixel."""
        inside = self.frame.evaluate(
            "frame => { const box = frame.getBoundingClientRect();"
            "return [box.left + frame.clientLeft, box.top + frame.clientTop]; }"
        )
        self.person.page.mouse.move(inside[0] + x + 0.5, inside[1] + y + 0.5)
        next_frame(self.person)
        return self.person.reads()


def next_frame(person: Person) -> None:
    """Wait until the browser has dealt with what the hand did, and painted it."""
    person.page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


@pytest.mark.parametrize(("west", "north_up"), [(0.0, True), (-180.0, False), (20.0, False)])
def test_a_regular_field_is_read_right_everywhere(
    furnishing: Furnishing, person: PersonMaker, tmp_path: Path, west: float, north_up: bool
) -> None:
    numbers = np.random.default_rng(3).normal(0.0, 900.0, (36, 72)).astype("f4")
    numbers[20, 30] = np.nan
    path = write_regular(tmp_path / "known.nc", numbers, west, north_up)
    somebody = person()
    made = shelve(furnishing, somebody.name, [path])
    somebody.page.goto(f"/{made.id}/raw/view")
    hand = Hand(somebody)
    spots = [(-179.9, 12.0), (179.9, 12.0), (0.2, 89.9), (-90.0, -89.9), (west % 360 - 180, 2.0)]
    spots += [(west + 152.5 - 360.0 * (west > 20), (1 if not north_up else -1) * 12.5)]
    for longitude, latitude in spots:
        x, y = hand.pixel(longitude, latitude)
        found = hand.reads(x, y)
        longitude, latitude = hand.place(x, y)
        row = math.floor((90.0 - latitude if north_up else latitude + 90.0) / 5.0)
        column = math.floor((longitude - west) % 360.0 / 5.0)
        assert (found.row, found.column) == (row, column)
        wanted = numbers[row, column]
        assert np.float32(found.value) == wanted or np.isnan([found.value, wanted]).all()


def test_the_map_can_be_drawn_over_the_date_line(
    furnishing: Furnishing, person: PersonMaker, tmp_path: Path
) -> None:
    numbers = np.arange(36 * 72, dtype="f4").reshape(36, 72)
    path = write_regular(tmp_path / "known.nc", numbers, -180.0, False)
    somebody = person()
    made = shelve(furnishing, somebody.name, [path])
    somebody.page.goto(f"/{made.id}/raw/view")
    hand = Hand(somebody)
    before = [hand.reads(hand.box["width"] * share // 1, 120).column for share in (0.1, 0.9)]
    painted = int(somebody.page.locator("[data-painted]").get_attribute("data-painted") or 0)
    somebody.drag_map(0.5, 0.0)
    expect(somebody.page.locator(f'[data-painted="{painted}"]')).to_have_count(0)
    next_frame(somebody)
    after = [hand.reads(hand.box["width"] * share // 1, 120).column for share in (0.1, 0.9)]
    assert [(found + 36) % 72 for found in after] == pytest.approx(before, abs=1)


@pytest.fixture(scope="module")
def ocean(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field on a real ocean grid that holds the number of each cell."""
    folder = tmp_path_factory.mktemp("ocean")
    grid = run_step("coords", {"raw": demo}, {}, folder).files["coords"]
    target = folder / "numbered.nc"
    with netCDF4.Dataset(grid) as source, netCDF4.Dataset(target, "w") as dataset:
        points = {name: np.squeeze(source[name][:]) for name in ("glamt", "gphit")}
        shape = points["glamt"].shape
        for name, size in zip(("y", "x"), shape, strict=True):
            dataset.createDimension(name, size)
        for name, old, units in (
            ("nav_lon", "glamt", "degrees_east"),
            ("nav_lat", "gphit", "degrees_north"),
        ):
            written = dataset.createVariable(name, "f8", ("y", "x"))
            written.units = units
            written[:] = points[old]
        numbers = dataset.createVariable("number", "f4", ("y", "x"))
        numbers.coordinates = "nav_lon nav_lat"
        numbers[:] = np.arange(math.prod(shape)).reshape(shape)
    return target


class Mesh:
    """The true cells of an ocean grid, and which of them hold a place, on the sphere."""

    def __init__(self, path: Path) -> None:
        arrays = fields.geometry(path, "number").arrays
        points = on_sphere(arrays["corner_longitudes"], arrays["corner_latitudes"])
        self.corners = np.stack(
            [points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2
        ).reshape(-1, 4, 3)
        self.latitudes = arrays["latitudes"]
        self.longitudes = arrays["longitudes"]

    def holding(self, longitude: float, latitude: float) -> set[int]:
        """Numbers of the cells that hold a place, seen from the place itself."""
        up = on_sphere(np.array(longitude), np.array(latitude))
        east = np.array([-math.sin(math.radians(longitude)), math.cos(math.radians(longitude)), 0])
        north = np.cross(up, east)
        height = self.corners @ up
        near = np.flatnonzero((height > 0.5).all(axis=1))
        flat = [(self.corners[near] @ axis) / height[near] for axis in (east, north)]
        inside = np.zeros(near.size, bool)
        for here in range(4):
            before = here - 1
            (x0, x1), (y0, y1) = ((part[:, before], part[:, here]) for part in flat)
            crosses = (y0 > 0) != (y1 > 0)
            with np.errstate(divide="ignore", invalid="ignore"):
                inside ^= crosses & (x0 - y0 * (x1 - x0) / (y1 - y0) > 0)
        return set(near[inside].tolist())

    def about(self, longitude: float, latitude: float) -> set[int]:
        """The same for all places that are as good as there."""
        found: set[int] = set()
        for north in (-AT_EDGE_DEGREES, 0.0, AT_EDGE_DEGREES):
            for east in (-AT_EDGE_DEGREES, 0.0, AT_EDGE_DEGREES):
                found |= self.holding(longitude + east, min(89.999, latitude + north))
        return found


def on_sphere(longitude: Floats, latitude: Floats) -> Floats:
    lam, phi = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def test_bent_cells_are_read_right_everywhere(
    furnishing: Furnishing, person: PersonMaker, ocean: Path
) -> None:
    somebody = person()
    made = shelve(furnishing, somebody.name, [ocean], FileType.BATHY)
    somebody.page.goto(f"/{made.id}/bathy/view")
    hand, mesh = Hand(somebody), Mesh(ocean)
    places = spots_of(mesh)
    missed, read = [], 0
    for longitude, latitude in places:
        x, y = hand.pixel(longitude, latitude)
        if hand.covered(x, y):
            continue
        where = hand.place(x, y)
        found = hand.reads(x, y)
        columns = mesh.latitudes.shape[1]
        assert found.value == found.row * columns + found.column
        if int(found.value) not in mesh.about(*where):
            missed.append((where, found))
        read += 1
    assert not missed
    assert read > 60


def spots_of(mesh: Mesh) -> list[tuple[float, float]]:
    """Places at random, along the date line, around both poles of the mesh, the fold, the pole."""
    random = np.random.default_rng(11)
    spots = [
        (x, y)
        for x, y in zip(random.uniform(-180, 180, 24), random.uniform(-70, 89, 24), strict=True)
    ]
    spots += [(side * 179.95, y) for side in (-1, 1) for y in (-60.0, 0.0, 62.0, 84.0)]
    spots += [(x, 89.8) for x in (-170.0, -60.0, 0.0, 45.0, 130.0)]
    last = mesh.latitudes.shape[0] - 1
    middle = mesh.latitudes.shape[1] // 2
    for column in (1, 2, middle - 1, middle, middle + 1, 20, 45, 70, 110, 135, 160):
        for row in (last, last - 1, last - 2):
            spots.append((float(mesh.longitudes[row, column]), float(mesh.latitudes[row, column])))
    return spots


def test_a_mesh_pole_is_right_from_near(
    furnishing: Furnishing, person: PersonMaker, ocean: Path
) -> None:
    """Zoomed in with the wheel, cells around the pole of the mesh are each where they are."""
    somebody = person()
    made = shelve(furnishing, somebody.name, [ocean], FileType.BATHY)
    somebody.page.goto(f"/{made.id}/bathy/view")
    hand, mesh = Hand(somebody), Mesh(ocean)
    row, column = mesh.latitudes.shape[0] - 2, 1
    pole = (float(mesh.longitudes[row, column]), float(mesh.latitudes[row, column]))
    hand.reads(*hand.pixel(*pole))
    for _ in range(12):
        somebody.page.mouse.wheel(0, -120)
        next_frame(somebody)
    view = somebody.page.locator("[data-field-map]").evaluate(
        "({ fieldMap: { view } }) => ({ ...view })"
    )
    assert view["scale"] > 20
    for x in range(20, int(view["width"]) - 60, 97):
        for y in range(15, int(view["height"]), 71):
            found = hand.reads(x, y)
            longitude = view["x"] + (x + 0.5 - view["width"] / 2) / view["scale"]
            latitude = view["y"] + (view["height"] / 2 - y - 0.5) / view["scale"]
            assert int(found.value) in mesh.about(longitude, latitude), (x, y, found)


def test_a_large_field_is_thinned_but_read_exactly(
    furnishing: Furnishing, person: PersonMaker, tmp_path: Path
) -> None:
    numbers = np.random.default_rng(5).normal(0.0, 3000.0, (1080, 2160)).astype("f4")
    path = write_regular(tmp_path / "large.nc", numbers, -180.0, False)
    somebody = person()
    made = shelve(furnishing, somebody.name, [path])
    with somebody.page.expect_response(lambda answer: "/field?" in answer.url) as first:
        somebody.page.goto(f"/{made.id}/raw/view")
    assert "every=2" in first.value.url
    hand = Hand(somebody)
    least = somebody.page.locator('[data-map="least"]')
    expect(least).to_have_text(f"{np.float64(numbers.min()):.7g}".replace("-", "−"))
    for place in ((-179.9, 40.0), (12.3, -7.7), (179.9, 40.0)):
        with somebody.page.expect_response(lambda answer: "rows=" in answer.url):
            x, y = hand.pixel(*place)
            somebody.page.mouse.move(0, 0)
            hand.frame.hover(position={"x": x + 0.5, "y": y + 0.5})
        readout = somebody.page.locator('[data-map="readout"]')
        expect(readout).to_contain_text(" m · ")
        found = Cell.of(readout.inner_text())
        assert np.float32(found.value) == numbers[found.row, found.column]
    with somebody.page.expect_response(lambda answer: "rows=" in answer.url) as part:
        for _ in range(4):
            somebody.page.get_by_role("button", name="Zoom in").click()
    assert "every=" not in part.value.url
    expect(somebody.page.locator("[data-detail]")).to_have_count(1)


def test_keys_move_the_map_and_read_it(
    furnishing: Furnishing, person: PersonMaker, tmp_path: Path
) -> None:
    numbers = np.arange(36 * 72, dtype="f4").reshape(36, 72)
    path = write_regular(tmp_path / "known.nc", numbers, -180.0, False)
    somebody = person()
    made = shelve(furnishing, somebody.name, [path])
    somebody.page.goto(f"/{made.id}/raw/view")
    frame = somebody.sees_map()
    frame.focus()
    seen = []
    for keys in ("Enter", "+", "+", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp", "0"):
        frame.press(keys)
        next_frame(somebody)
        seen.append(somebody.reads())
    assert seen[0].value in {numbers[row, column] for row in (17, 18) for column in (35, 36)}
    assert seen[4].column > seen[2].column
    assert seen[6].row > seen[4].row
    live = somebody.page.locator('[data-map="readout"]')
    expect(live).to_have_attribute("aria-live", "polite")


def test_a_finger_reads_the_map(
    furnishing: Furnishing, person: PersonMaker, tmp_path: Path
) -> None:
    numbers = np.arange(36 * 72, dtype="f4").reshape(36, 72)
    path = write_regular(tmp_path / "known.nc", numbers, -180.0, False)
    somebody = person(screen=PHONE)
    made = shelve(furnishing, somebody.name, [path])
    somebody.page.goto(f"/{made.id}/raw/view")
    found = somebody.points_at(0.3, 0.5)
    assert found.value == numbers[found.row, found.column]
    assert found.column == pytest.approx(0.3 * 72, abs=1)


def test_differences_are_read_from_the_map(
    furnishing: Furnishing, person: PersonMaker, tmp_path: Path
) -> None:
    numbers = np.random.default_rng(7).normal(0.0, 900.0, (36, 72)).astype("f4")
    changed = numbers.copy()
    changed[:, :40] += np.linspace(-3.0, 5.0, 36, dtype="f4")[:, None]
    paths = [
        write_regular(tmp_path / f"{name}.nc", field, -180.0, False)
        for name, field in (("before", numbers), ("after", changed))
    ]
    somebody = person()
    made = shelve(furnishing, somebody.name, paths)
    somebody.page.goto(f"/{made.id}/raw/view")
    somebody.press("Show the difference")
    for across, down in ((0.1, 0.2), (0.3, 0.9), (0.8, 0.5)):
        found = somebody.points_at(across, down)
        wanted = changed[found.row, found.column] - numbers[found.row, found.column]
        assert found.value == pytest.approx(float(wanted), abs=1e-3)


def test_limits_and_colours_can_be_chosen(
    furnishing: Furnishing, person: PersonMaker, tmp_path: Path
) -> None:
    numbers = np.linspace(-100.0, 300.0, 36 * 72, dtype="f4").reshape(36, 72)
    path = write_regular(tmp_path / "known.nc", numbers, -180.0, False)
    somebody = person()
    made = shelve(furnishing, somebody.name, [path])
    somebody.page.goto(f"/{made.id}/raw/view")
    somebody.sees_map()
    page = somebody.page
    low, high = page.get_by_label("From", exact=True), page.get_by_label("To", exact=True)
    expect(low).to_have_value("−100")
    page.get_by_label("Colours", exact=True).last.select_option("Blue to red")
    expect(low).to_have_value("−300")
    expect(high).to_have_value("300")
    high.fill("50")
    low.fill("-20,5")
    high.press("Tab")
    expect(page.get_by_role("img", name="Colours from −20.5 to 50 m.")).to_be_visible()
    high.fill("nothing")
    high.press("Tab")
    expect(page.get_by_text("From must be a number below To.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_pages_work_with_and_without_scripts(
    furnishing: Furnishing, person: PersonMaker, finished_earth: DataFile, javascript: bool
) -> None:
    somebody = person(javascript=javascript)
    made = furnishing.copy(finished_earth, furnishing.user(somebody.name), "Copied")
    somebody.page.goto(f"/{made.id}/raw/revision_comparison")
    somebody.sees_heading("Topography: difference of two revisions")
    assert somebody.page.locator("[data-statistic]").count() >= 8


def test_the_bytes_of_the_server_are_decoded(open_window: Callable[..., Window]) -> None:
    window = open_window()
    window.page.goto("/auth/login")
    address = window.page.locator('script[type="module"]').first.get_attribute("src")
    assert address is not None
    arrays = {
        "values": np.array([[0.1, -0.0, np.nan], [1e-40, 3e38, -7.0]], "f4"),
        "edges": np.arange(5, dtype="f4"),
        "none": np.zeros((0, 3), "f4"),
    }
    content = fields.packed({"units": "m · s⁻¹", "least": None}, arrays)
    script = """async ([base, bytes]) => {
        const address = new URL("assets/decode.js", new URL(base, location.href));
        const { decode } = await import(address.href);
        const bits = (array) => [...new Uint32Array(array.buffer, array.byteOffset, array.length)];
        const read = (content) => {
            try {
                const { meta, arrays } = decode(new Uint8Array(content).buffer);
                const found = Object.entries(arrays).map(([name, array]) => [name, bits(array)]);
                return [meta, Object.fromEntries(found)];
            } catch (error) { return error.message; }
        };
        return [bytes.length, -4, 20, 2].map((end) => read(bytes.slice(0, end)));
    }"""
    whole, *cut = window.page.evaluate(script, [address, list(content)])
    meta, found = whole
    assert meta["units"] == "m · s⁻¹"
    assert json.loads(json.dumps(found)) == {
        name: array.view("u4").ravel().tolist() for name, array in arrays.items()
    }
    assert cut == ["The answer of the server is cut off."] * 3
