"""The steps of a topography in the browser: states, forms, conflicts, and what is refused."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask

from climate_simulation_platform.computing import complete_parameters
from climate_simulation_platform.constants import ORDER, STEPS, FileType
from climate_simulation_platform.db import Database, revisions
from climate_simulation_platform.labels import STATUS_WORDS, STEP_TITLES
from climate_simulation_platform.pages import forms
from climate_simulation_platform.records import (
    Coordinates,
    DataFile,
    Kept,
    Place,
    Status,
    User,
)
from climate_simulation_platform.workflow import drafting, transactions
from climate_simulation_platform.workflow.states import StepView
from tests.web import Page, Visitor, make_app, services_of, signed_in, user_of, visit
from tests.workflow_states import (
    all_done,
    ask,
    done,
    edited,
    repeat_edits,
    take,
    topography,
)

REGRID = {"dlat": 1.0, "dlon": 1.0, "method": "bilinear", "limits": "default", "topo_var": None}
OF_BASINS = ("subbasins", "calculate_weights")
"""Steps whose forms have tests of their own."""

NAME = "Eocene <b>40 & 50</b> Ma"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    application = make_app(tmp_path_factory.mktemp("instance"))
    yield application
    services_of(application).sandbox.close()


@pytest.fixture(scope="module")
def visitor(app: Flask) -> Visitor:
    return signed_in(app)


@pytest.fixture
def database(app: Flask) -> Database:
    return services_of(app).database


@pytest.fixture
def data_file(app: Flask, database: Database) -> Iterator[DataFile]:
    made = topography(database, user_of(app, "wegener"), NAME)
    yield made
    transactions.delete_file(database, made.id)


def form_of(visitor: Visitor, data_file: DataFile, step: str) -> dict[str, list[str]]:
    """What a browser would send of a form that nobody touched."""
    page = Page(visitor.get(f"/{data_file.id}/{step}").text)
    start = next(k for k, (_, a, _) in enumerate(page.elements) if a.get("id") == "step-form")
    fields: dict[str, list[str]] = {}
    for (tag, attributes, _), form in zip(page.elements, page.form_of, strict=True):
        chosen = attributes.get("type") not in ("radio", "checkbox") or "checked" in attributes
        if form == start and tag == "input" and chosen and "disabled" not in attributes:
            fields.setdefault(attributes["name"], []).append(attributes.get("value", ""))
    return fields


def views(database: Database, data_file: DataFile) -> Mapping[str, StepView]:
    return transactions.workflow_view(database, data_file.id)


def finish_first_steps(database: Database, data_file: DataFile) -> None:
    for step, parameters in (("regrid", REGRID), ("routing", {"coordinates": "generated"})):
        ask(database, data_file, step, parameters)
        all_done(database)


def test_every_state_is_shown_in_the_picture_and_in_the_list(
    app: Flask, visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    seen: set[Status] = set()

    def look() -> str:
        text = visitor.get(f"/{data_file.id}/steps").text
        figure = text[text.index("<figure") : text.index("</figure>") + len("</figure>")]
        drawn = ElementTree.fromstring(figure)
        heard = {e.get("id"): e.get("aria-label", "") for e in drawn.iter() if e.get("id")}
        page = Page(text)
        for step, view in views(database, data_file).items():
            seen.add(view.status)
            word = STATUS_WORDS[view.status].lower()
            for picture in ("wide", "narrow"):
                assert heard[f"{picture}-{step}"].startswith(f"{STEP_TITLES[step]}: {word}")
            item = next(a for _, a, _ in page.all("li") if a.get("id") == f"step-{step}")
            assert item["data-heard"] == f"{STEP_TITLES[step]}: {word}"
        return text

    look()
    ask(database, data_file, "regrid", REGRID)
    look()
    task = take(database)
    transactions.report_progress(database, task, 0.4, "Reading <the> file")
    text = look()
    assert "Running, 40 %" in text
    assert "Reading &lt;the&gt; file" in text
    done(database, task)
    look()
    ask(database, data_file, "routing", {"coordinates": "generated"})
    transactions.fail_task(database, take(database), "There is no <land> for poles.")
    assert "There is no &lt;land&gt; for poles." in look()
    ask(database, data_file, "routing", {"coordinates": "generated"})
    all_done(database)
    edited(database, data_file, user_of(app, "wegener"), "internal_oceans")
    repeat_edits(database, data_file, "internal_oceans")
    all_done(database)
    ask(database, data_file, "regrid", {**REGRID, "dlat": 2.0})
    done(database, take(database))
    look()
    all_done(database)
    assert "The edits were repeated" in look()
    assert seen == set(Status)


def test_the_state_is_sent_again_only_if_it_changed(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    url = f"/{data_file.id}/steps/state"
    first = fragment(visitor, url)
    tag = first.headers["ETag"]
    again = fragment(visitor, url, {"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert 'data-work="no"' in first.text
    ask(database, data_file, "regrid", REGRID)
    changed = fragment(visitor, url, {"If-None-Match": tag})
    assert changed.status_code == 200
    assert 'data-work="yes"' in changed.text
    assert "csrf" not in changed.text


def fragment(visitor: Visitor, url: str, headers: Mapping[str, str] | None = None) -> Any:
    """A part of a page, which is not looked at as a page."""
    return super(Visitor, visitor).open(url, headers=headers, buffered=True)


def test_pages_of_all_steps_open_before_anything_ran(visitor: Visitor, data_file: DataFile) -> None:
    for step in ORDER:
        answer = visitor.get(f"/{data_file.id}/{step}")
        assert answer.status_code == 200
        assert Page(answer.text).texts("h1") == [STEP_TITLES[step]]


@pytest.mark.parametrize("step", [s for s in forms.FORMS if s not in OF_BASINS])
def test_an_untouched_form_asks_for_the_defaults(
    visitor: Visitor, database: Database, data_file: DataFile, step: str
) -> None:
    finish_first_steps(database, data_file)
    fields = form_of(visitor, data_file, step)
    answer = visitor.post(f"/{data_file.id}/{step}", data=fields)
    assert (answer.status_code, answer.location) == (303, f"/{data_file.id}/steps")
    view = views(database, data_file)[step]
    assert view.status is Status.QUEUED
    assert view.task is not None
    assert view.asked_by == "wegener"
    assert view.parameters == complete_parameters(step, {})


def test_what_was_asked_is_shown_again(visitor: Visitor, data_file: DataFile) -> None:
    fields = form_of(visitor, data_file, "regrid")
    chosen = {**fields, "dlat": "0,5", "dlon": "2.5", "method": "nearest", "limits": "data"}
    assert visitor.post(f"/{data_file.id}/regrid", data=chosen).status_code == 303
    again = form_of(visitor, data_file, "regrid")
    assert again["dlat"] == ["0.5"]
    assert again["method"] == ["nearest"]
    assert again["version"] == ["1"]
    assert (
        "0.5° in latitude; 2.5° in longitude; nearest" in visitor.get(f"/{data_file.id}/steps").text
    )


TAMPERED: list[tuple[str, dict[str, Any]]] = [
    ("regrid", {"dlat": "1e400"}),
    ("regrid", {"dlat": "nan"}),
    ("regrid", {"dlon": "abc"}),
    ("regrid", {"dlon": "0.0001", "dlat": "0.0001"}),
    ("regrid", {"method": "<script>"}),
    ("regrid", {"surprise": "1"}),
    ("regrid", {"version": "x"}),
    ("regrid", {"topo_var": "nothing"}),
    ("regrid", {"method": "x" * 100_000}),
    ("regrid", {"do": "add"}),
    ("routing", {"coordinates": "mars"}),
    ("routing", {"coordinates": "uploaded"}),
    ("routing", {"coordinates": "given", "pole_longitude": "1", "pole_latitude": "80"}),
    ("routing", {"closed_basins": "list", "closed_latitude": "a", "closed_longitude": "1"}),
    ("pft", {"class_3": ["1"] * 4}),
    ("pft", {name: ["1"] * 10_000 for name in ("to_latitude", "class_1")}),
    ("heatflow", {"method": "gdh2"}),
    ("ahmcoef", {"method": "any"}),
    ("internal_oceans", {}),
]


@pytest.mark.parametrize(("step", "changes"), TAMPERED)
def test_a_form_that_was_tampered_with_stores_nothing(
    visitor: Visitor, database: Database, data_file: DataFile, step: str, changes: dict[str, Any]
) -> None:
    finish_first_steps(database, data_file)
    before = views(database, data_file)
    fields: dict[str, Any] = {"csrf_token": visitor.csrf_token()}
    if step in forms.FORMS:
        fields |= form_of(visitor, data_file, step)
    answer = visitor.post(f"/{data_file.id}/{step}", data={**fields, **changes})
    assert answer.status_code == 400
    assert "Traceback" not in answer.text
    assert views(database, data_file) == before


@pytest.mark.parametrize("missing", ["dlat", "method", "version"])
def test_a_form_with_a_field_missing_stores_nothing(
    visitor: Visitor, database: Database, data_file: DataFile, missing: str
) -> None:
    fields = form_of(visitor, data_file, "regrid")
    del fields[missing]
    answer = visitor.post(f"/{data_file.id}/regrid", data=fields)
    assert answer.status_code == 400
    assert views(database, data_file)["regrid"].parameters is None


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    visitor: Visitor, data_file: DataFile
) -> None:
    fields = form_of(visitor, data_file, "regrid")
    answer = visitor.post(f"/{data_file.id}/regrid", data={**fields, "dlat": "0.7<"})
    page = Page(answer.text)
    field = next(a for _, a, _ in page.all("input") if a.get("name") == "dlat")
    assert field["value"] == "0.7<"
    assert field["aria-invalid"] == "true"
    assert "must be a number" in answer.text


def test_sums_of_bands_are_told_by_the_server_and_what_was_typed_stays(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    finish_first_steps(database, data_file)
    fields = form_of(visitor, data_file, "pft")
    fields["class_2"][0] = "70"
    answer = visitor.post(f"/{data_file.id}/pft", data=fields)
    assert answer.status_code == 400
    assert "sums to 95 %" in answer.text
    assert "5 % missing" in answer.text
    assert 'value="70"' in answer.text


def test_bands_are_added_and_removed_without_a_script(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    finish_first_steps(database, data_file)
    fields = form_of(visitor, data_file, "pft")
    more = visitor.post(f"/{data_file.id}/pft", data={**fields, "do": "add"})
    assert more.status_code == 200
    assert len([a for _, a, _ in Page(more.text).all("input") if a["name"] == "to_latitude"]) == 6
    assert views(database, data_file)["pft"].parameters is None


def test_two_tabs_the_second_keeps_its_words_and_can_send_them_again(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    one, other = (form_of(visitor, data_file, "regrid") for _ in range(2))
    url = f"/{data_file.id}/regrid"
    assert visitor.post(url, data={**one, "dlat": "2"}).status_code == 303
    answer = visitor.post(url, data={**other, "dlat": "3"})
    assert answer.status_code == 409
    assert "changed by wegener" in answer.text
    assert "2° in latitude" in answer.text
    page = Page(answer.text)
    kept = {a["name"]: a.get("value", "") for _, a, _ in page.all("input") if "name" in a}
    assert kept["dlat"] == "3"
    assert visitor.post(url, data={**other, "dlat": "3", "version": kept["version"]}).location
    assert (views(database, data_file)["regrid"].parameters or {})["dlat"] == 3.0


def test_a_step_before_its_inputs_exist_says_what_to_do_first(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    for step in ("pft", "heatflow", "subbasins"):
        fields = form_of(visitor, data_file, step)
        answer = visitor.post(f"/{data_file.id}/{step}", data=fields)
        assert answer.status_code == 400
        assert "run Routing first" in answer.text
        assert views(database, data_file)[step].parameters is None


def test_nothing_runs_before_the_coordinates_are_confirmed(
    app: Flask, visitor: Visitor, database: Database
) -> None:
    waiting = topography(database, user_of(app, "wegener"), "New", Coordinates.TO_CONFIRM)
    assert "coordinates of the topography" in visitor.get(f"/{waiting.id}/steps").text
    fields = form_of(visitor, waiting, "regrid")
    answer = visitor.post(f"/{waiting.id}/regrid", data=fields)
    assert answer.status_code == 400
    assert "Confirm the coordinates" in answer.text


def test_what_was_given_for_a_cancelled_run_stays_in_the_form(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    address = f"/{data_file.id}/regrid"
    typed = {**form_of(visitor, data_file, "regrid"), "dlat": ["2"]}
    typed.pop("csrf_token")
    assert visitor.send(address, **typed).status_code == 303
    assert visitor.send(f"{address}/cancel").status_code == 303
    shown = views(database, data_file)["regrid"]
    assert (shown.status, shown.parameters) == (Status.NEEDS_YOU, None)
    assert form_of(visitor, data_file, "regrid")["dlat"] == ["2"]


def test_a_step_is_cancelled(visitor: Visitor, database: Database, data_file: DataFile) -> None:
    ask(database, data_file, "regrid", REGRID)
    answer = visitor.send(f"/{data_file.id}/regrid/cancel")
    assert answer.status_code == 303
    assert views(database, data_file)["regrid"].task is None
    assert "neither queued nor running" in visitor.send(f"/{data_file.id}/regrid/cancel").text


def test_a_persons_step_is_reviewed_once(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    finish_first_steps(database, data_file)
    url = f"/{data_file.id}/passage_problems/review"
    assert visitor.send(url, version="0").status_code == 303
    assert views(database, data_file)["passage_problems"].status is Status.UP_TO_DATE
    assert visitor.send(url, version="0").status_code == 409
    assert visitor.send(url).status_code == 400
    assert visitor.send(f"/{data_file.id}/regrid/review", version="1").status_code == 400


def test_a_proposal_of_basins_is_made_by_a_worker(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    finish_first_steps(database, data_file)
    fields = form_of(visitor, data_file, "subbasins")
    answer = visitor.post(f"/{data_file.id}/subbasins", data={**fields, "method": "connected"})
    assert answer.status_code == 303
    all_done(database)
    view = views(database, data_file)["subbasins"]
    assert view.parameters == {"method": "connected"}
    assert view.status is Status.UP_TO_DATE


def test_another_users_steps_are_not_there(app: Flask, data_file: DataFile) -> None:
    stranger = signed_in(app, "suess")
    for path in ("steps", "steps/state", *STEPS):
        assert stranger.get(f"/{data_file.id}/{path}").status_code == 404
    for path in ("regrid", "regrid/cancel", "internal_oceans/review", "coords/upload"):
        assert stranger.send(f"/{data_file.id}/{path}").status_code == 404


def test_a_visitor_is_asked_to_sign_in(app: Flask, data_file: DataFile) -> None:
    answer = visit(app).get(f"/{data_file.id}/steps")
    assert answer.status_code == 303
    assert "/auth/login" in (answer.location or "")


def test_only_an_ocean_grid_can_be_uploaded(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    assert visitor.send(f"/{data_file.id}/bathy/upload").status_code == 400
    assert "Choose a NetCDF file" in visitor.send(f"/{data_file.id}/coords/upload").text
    with database.reading() as connection:
        assert FileType.COORDS not in revisions.newest(connection, data_file.id)


def test_a_variable_is_asked_for_where_the_file_has_several(
    app: Flask, visitor: Visitor, database: Database
) -> None:
    several = topography(database, user_of(app, "wegener"), variables=("topo", "other"))
    options = [
        a["value"] for _, a, _ in Page(visitor.get(f"/{several.id}/regrid").text).all("option")
    ]
    assert options[-3:] == ["", "topo", "other"]
    fields = form_of(visitor, several, "regrid")
    url = f"/{several.id}/regrid"
    refused = visitor.post(url, data={**fields, "topo_var": "third"})
    assert refused.status_code == 400
    assert visitor.post(url, data={**fields, "topo_var": "other"}).status_code == 303
    assert (views(database, several)["regrid"].parameters or {})["topo_var"] == "other"
    transactions.delete_file(database, several.id)


def test_a_failed_step_shows_the_end_of_its_log(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    ask(database, data_file, "regrid", REGRID)
    log = "".join(f"line {number} <of> 40\n" for number in range(1, 41))
    transactions.fail_task(database, take(database), "The process ended with signal 11.", log=log)
    page = Page(visitor.get(f"/{data_file.id}/steps").text)
    assert "Last lines of its log" in page.texts("summary")
    (shown,) = page.texts("pre")
    assert shown == " ".join(f"line {number} <of> 40" for number in range(33, 41))


def test_of_a_fault_of_ours_only_its_name_is_shown(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    ask(database, data_file, "regrid", REGRID)
    log = "Traceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: 'lat'\n"
    transactions.fail_task(database, take(database), "Internal error.", log=log)
    page = Page(visitor.get(f"/{data_file.id}/steps").text)
    assert page.texts("pre") == ["KeyError: 'lat'"]


def test_a_running_step_tells_which_worker_does_it(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    ask(database, data_file, "regrid", REGRID)
    task = transactions.claim_task(database, "basalt.0a1b2c", ["regrid"])
    assert task is not None
    assert " on basalt, asked for by wegener" in visitor.get(f"/{data_file.id}/steps").text


def repeated(app: Flask, database: Database, data_file: DataFile) -> None:
    """Have edits of internal oceans repeated on a new topography."""
    finish_first_steps(database, data_file)
    edited(database, data_file, user_of(app, "wegener"), "internal_oceans")
    repeat_edits(database, data_file, "internal_oceans")
    ask(database, data_file, "regrid", {**REGRID, "dlat": 2.0})
    all_done(database)
    assert views(database, data_file)["internal_oceans"].status is Status.REVIEW


def test_repeated_edits_are_to_be_reviewed(
    app: Flask, visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    repeated(app, database, data_file)
    board = visitor.get(f"/{data_file.id}/steps").text
    assert "Internal oceans is to be reviewed" in board
    assert 'aria-label="It is fine: Internal oceans"' in board
    page = Page(visitor.get(f"/{data_file.id}/internal_oceans").text)
    assert "Look at what was repeated" in page.texts("h2")
    assert "It is fine" in page.texts("button")
    version = str(views(database, data_file)["internal_oceans"].version)
    answer = visitor.send(f"/{data_file.id}/internal_oceans/review", version=version)
    assert answer.status_code == 303
    assert views(database, data_file)["internal_oceans"].status is Status.UP_TO_DATE


def test_whether_edits_are_repeated_is_chosen_on_the_page_of_the_step(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    url = f"/{data_file.id}/internal_oceans"
    assert replay_box(visitor, url) == {"checked": False, "version": "0"}
    answer = visitor.send(f"{url}/replay", **{"by-itself": "yes"}, version="0")
    assert (answer.status_code, answer.location) == (303, url)
    assert views(database, data_file)["internal_oceans"].replay
    assert replay_box(visitor, url) == {"checked": True, "version": "1"}
    assert visitor.send(f"{url}/replay", version="0").status_code == 409
    assert views(database, data_file)["internal_oceans"].replay
    assert visitor.send(f"{url}/replay", version="1").status_code == 303
    assert not views(database, data_file)["internal_oceans"].replay


def replay_box(visitor: Visitor, url: str) -> dict[str, Any]:
    page = Page(visitor.get(url).text)
    form = next(k for k, (_, a, _) in enumerate(page.elements) if a.get("id") == "replay")
    fields = {
        attributes["name"]: attributes
        for (tag, attributes, _), owner in zip(page.elements, page.form_of, strict=True)
        if owner == form and tag == "input"
    }
    return {"checked": "checked" in fields["by-itself"], "version": fields["version"]["value"]}


def test_edits_of_a_computed_step_are_not_repeated(visitor: Visitor, data_file: DataFile) -> None:
    answer = visitor.send(f"/{data_file.id}/regrid/replay", **{"by-itself": "yes"}, version="0")
    assert answer.status_code == 400
    assert "no edits to repeat" in answer.text


def keep_edits(database: Database, data_file: DataFile, user: User, place: Place) -> None:
    """Keep two edits in an editor, one of them undone."""
    kept = Kept({place.file_type: 1}, "{}", "a" * 64, "b" * 64, more=("{}", "{}"), done=1)
    drafting.keep(database, data_file.id, place, kept, expected=0, user=user)


def test_unsaved_edits_are_told_where_they_can_be_gone_on_with(
    app: Flask, visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    user = user_of(app, "wegener")
    step = f"/{data_file.id}/internal_oceans"
    for address in (step, f"/{data_file.id}/steps", f"/{data_file.id}/raw/view"):
        assert "unsaved" not in visitor.get(address).text
    keep_edits(database, data_file, user, Place("internal_oceans", FileType.RAW, "topo"))
    for address in (step, f"/{data_file.id}/steps"):
        page = Page(visitor.get(address).text)
        assert any(
            words.startswith("You have unsaved edits (1, the last") for words in page.texts("p")
        )
        assert {a["href"] for _, a, words in page.all("a") if words == "Go on with them"} == {
            f"/{data_file.id}/edit/internal_oceans"
        }
    assert "unsaved" not in visitor.get(f"/{data_file.id}/raw/view").text
    keep_edits(database, data_file, user, Place("viewer", FileType.RAW, "ice"))
    links = Page(visitor.get(f"/{data_file.id}/raw/view").text).all("a")
    (address,) = (a["href"] for _, a, words in links if words == "Go on with them")
    assert address == f"/{data_file.id}/edit/viewer?file_type=raw&variable=ice"


def test_pages_tell_who_has_an_editor_open(
    app: Flask, visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    sitting = drafting.sit(
        database, data_file.id, "window-1", "internal_oceans", user_of(app, "wegener")
    )
    assert sitting == ()
    for page in ("steps", "internal_oceans"):
        told = visitor.get(f"/{data_file.id}/{page}").text
        assert told.count("You have this editor open now, in another window.") == 1
    assert "open now" not in visitor.get(f"/{data_file.id}/passage_problems").text
    drafting.rise(database, "window-1")
    assert "open now" not in visitor.get(f"/{data_file.id}/internal_oceans").text


def test_pages_no_longer_send_people_elsewhere_to_edit(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    finish_first_steps(database, data_file)
    for step in STEPS:
        page = visitor.get(f"/{data_file.id}/{step}").text
        assert "program of your choice" not in page
        assert "cannot be painted" not in page
