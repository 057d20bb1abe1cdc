"""The shell of the pages in a real browser: colours, menu, questions, and life without scripts."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, render_template, render_template_string, request
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from climate_simulation_platform.records import Status
from climate_simulation_platform.views.confirmation import is_confirmed, question_page
from tests.e2e.browsing import DESKTOP, PHONE, Screen, Window
from tests.web import PASSWORD, make_app, user_of

SPECIMEN = """
{% extends "base.html" %}
{% block title %}Specimen{% endblock %}
{% block crumbs %}{{ ui.crumbs([("Files", url_for("files.index")), ("Eocene", "")]) }}{% endblock %}
{% block main %}
<header class="page-head"><h1>Eocene</h1>
{{ ui.post_button("Delete", url_for("remove"), "danger",
                  question="Delete Eocene?", yes="Yes, delete") }}
</header>
<div class="stack">
{% for tone in ("info", "good", "care", "bad") %}{{ ui.message("A sentence.", tone) }}{% endfor %}
<p>{{ ui.badge("3 files") }}{% for status in statuses %}{{ ui.status_badge(status) }}{% endfor %}
</p>
<p>{{ ui.moment(when) }} {{ ui.tip("ORCA2", "The ocean grid of about two degrees") }}</p>
{{ ui.progress("share", "Routing", 0.4) }}
<div class="table-frame"><table class="cards"><thead>
<tr><th scope="col">File</th><th scope="col">Size</th></tr></thead><tbody>
<tr><th scope="row"><a href="{{ url_for('files.index') }}">Soils</a></th>
<td data-label="Size">2.1 MB</td></tr></tbody></table></div>
<form class="form card" method="post" action="{{ url_for('count') }}">{{ ui.csrf() }}
{{ ui.error_summary({"age": "The age is a number."}) }}
{{ ui.field("age", "Age", "x", hint="Before present.", error="The age is a number.", unit="Ma") }}
{{ ui.select("variable", "Variable", [("topo", "topo"), ("z", "z")], "z") }}
{{ ui.textarea("reference", "Reference", optional=true) }}
{{ ui.radios("grid", "Grid", [("made", "Generated", "Poles on land"), ("own", "Mine", "")]) }}
{{ ui.checkbox("keep", "Keep the coastline", true, hint="Heights only.") }}
{{ ui.button("Count") }}</form>
{% call ui.empty("Nothing yet", "Upload one.") %}{{ ui.link_button("Up", "#main") }}{% endcall %}
</div>
<script>document.title = "taken over"</script>
<button type="button" onclick="document.title = 'taken over'">Harmless</button>
{% endblock %}
"""


@dataclass
class Shop:
    """A served application, and what was sent to it."""

    url: str
    removed: list[str] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    may_answer: threading.Event = field(default_factory=threading.Event)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = make_app(tmp_path_factory.mktemp("shell"))
    user_of(app, "wegener")
    shop = Shop("")
    _add_views(app, shop)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    shop.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield shop
    server.shutdown()
    thread.join()
    server.server_close()


def _add_views(app: Flask, shop: Shop) -> None:
    def specimen() -> str:
        return render_template_string(
            SPECIMEN, statuses=list(Status), when=datetime(2024, 5, 3, 14, 5, tzinfo=UTC)
        )

    def remove() -> str:
        if not is_confirmed():
            return question_page("Delete Eocene?", yes="Yes, delete", back="/specimen")
        shop.removed.append(request.form["confirmed"])
        return render_template("errors/error.html", title="Gone", sentence="", status=200)

    def count() -> str:
        shop.counted.append(len(shop.counted))
        shop.may_answer.wait(30)
        return render_template("errors/error.html", title="Counted", sentence="", status=200)

    app.add_url_rule("/specimen", "specimen", specimen)
    app.add_url_rule("/remove", "remove", remove, methods=["POST"])
    app.add_url_rule("/count", "count", count, methods=["POST"])


def enter(browser: Browser, shop: Shop, **options: object) -> Window:
    window = Window(browser, shop.url, **options)  # type: ignore[arg-type]
    window.page.goto("/auth/login?next=/specimen")
    window.page.get_by_label("User name").fill("wegener")
    window.page.get_by_label("Password").fill(PASSWORD)
    window.page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Eocene")
    return window


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_colours_follow_the_system_until_somebody_chooses(browser: Browser, shop: Shop) -> None:
    window = enter(browser, shop, theme="dark")
    page, dark = window.page, background(window.page)
    button = page.get_by_role("button", name="Dark colours")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    light = background(page)
    assert light != dark
    page.emulate_media(color_scheme="light")
    assert background(page) == light
    page.emulate_media(color_scheme="dark")
    page.goto("/auth/password")
    assert background(page) == light, "the choice is kept on other pages"
    window.discard()


def test_the_choice_holds_before_anything_is_painted(browser: Browser, shop: Shop) -> None:
    window = enter(browser, shop)
    window.page.evaluate("localStorage.setItem('theme', 'dark')")
    window.page.add_init_script(
        "new MutationObserver(() => { if (document.body && !window.first)"
        " window.first = document.documentElement.dataset.theme })"
        ".observe(document, {childList: true, subtree: true})"
    )
    window.page.reload()
    assert window.page.evaluate("window.first") == "dark"
    window.discard()


def test_the_menu_works_by_keyboard(browser: Browser, shop: Shop) -> None:
    window = enter(browser, shop, screen=PHONE)
    summary = window.page.locator(".menu summary")
    summary.focus()
    window.page.keyboard.press("Enter")
    link = window.page.get_by_role("link", name="Change password")
    expect(link).to_be_visible()
    window.page.keyboard.press("Tab")
    expect(link).to_be_focused()
    window.page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(summary).to_be_focused()
    window.discard()


def test_the_first_tab_leads_past_the_header(browser: Browser, shop: Shop) -> None:
    window = enter(browser, shop)
    window.page.goto("/auth/password")
    window.page.keyboard.press("Tab")
    expect(window.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    window.page.keyboard.press("Enter")
    expect(window.page.locator("main")).to_be_focused()
    window.discard()


def test_a_question_is_asked_and_no_means_no(browser: Browser, shop: Shop) -> None:
    window = enter(browser, shop)
    page, before = window.page, len(shop.removed)
    for refuse in ("button", "Escape"):
        page.get_by_role("button", name="Delete").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Delete Eocene?")
        expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        if refuse == "button":
            dialog.get_by_role("button", name="Cancel").click()
        else:
            page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    assert len(shop.removed) == before
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gone")
    assert len(shop.removed) == before + 1
    window.discard()


def test_a_form_sent_twice_arrives_once(browser: Browser, shop: Shop) -> None:
    window = enter(browser, shop)
    before = len(shop.counted)
    button = window.page.get_by_role("button", name="Count")
    busy = "button => { button.click(); button.click(); button.click(); return button.ariaBusy; }"
    assert button.evaluate(busy) == "true"
    shop.may_answer.set()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Counted")
    assert len(shop.counted) == before + 1
    window.discard()


def test_scripts_that_are_not_ours_do_not_run(browser: Browser, shop: Shop) -> None:
    window = enter(browser, shop)
    window.page.get_by_role("button", name="Harmless").click()
    assert "Specimen" in window.page.title()
    assert any("Content Security Policy" in problem for problem in window.problems)
    window.discard()


def test_moments_are_told_in_the_readers_time(browser: Browser, shop: Shop) -> None:
    window = enter(browser, shop)
    time = window.page.locator("main time")
    expect(time).to_have_text("3 May 2024, 14:05")
    expect(time).to_have_attribute("title", "3 May 2024, 14:05 UTC")
    window.discard()


def test_everything_works_without_scripts(browser: Browser, shop: Shop) -> None:
    window = enter(browser, shop, javascript=False)
    page, before = window.page, len(shop.removed)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete Eocene?")
    assert len(shop.removed) == before
    page.get_by_role("button", name="Yes, delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gone")
    assert len(shop.removed) == before + 1
    expect(page.get_by_role("button", name="Dark colours")).to_be_hidden()
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    window.close()


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=lambda screen: screen.name)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_the_parts_of_pages(
    browser: Browser, shop: Shop, screen: Screen, theme: str
) -> None:
    window = enter(browser, shop, screen=screen, theme=theme)
    for address in ("/specimen", "/auth/password", "/auth/none"):
        window.page.goto(address)
        found = Axe().run(window.page).response
        assert len(found["passes"]) > 10, "it has looked"
        assert found["violations"] == [], address
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert window.page.evaluate(beyond) == 0, f"{address} is wider than the screen"
    window.discard()
