"""Accounts in a browser: coming in, going out, and who is kept out."""

import re

from playwright.sync_api import Browser, expect

from tests.e2e.browsing import DESKTOP, PHONE, Window
from tests.e2e.conftest import PersonMaker, WindowMaker
from tests.e2e.furnishing import PASSWORD, Furnishing
from tests.e2e.navigators import FILES, Person
from tests.e2e.serving import Serving

WRONG = "The user name or the password is wrong."


def test_somebody_new_registers_and_is_in(open_window: WindowMaker) -> None:
    newcomer = Person(open_window(screen=PHONE), "marie.tharp", PASSWORD)
    newcomer.register()
    newcomer.sees("Welcome, marie.tharp.")
    newcomer.sees_heading(FILES)


def test_a_refused_registration_keeps_the_name(open_window: WindowMaker) -> None:
    window = open_window()
    newcomer = Person(window, "hess", "password")
    with window.expecting(400):
        newcomer.register()
        alert = newcomer.page.get_by_role("alert")
        expect(alert).to_be_focused()
        expect(newcomer.page.get_by_label("User name")).to_have_value("hess")


def test_signing_out_ends_the_session_on_the_server(
    person: PersonMaker, browser: Browser, platform: Serving
) -> None:
    somebody = person()
    cookies = somebody.window.context.cookies()
    somebody.sign_out()
    somebody.page.go_back()
    somebody.page.reload()
    somebody.sees_heading("Sign in")
    thief = browser.new_context(base_url=platform.url)
    thief.add_cookies(cookies)  # type: ignore[arg-type]
    page = thief.new_page()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    thief.close()


def test_the_way_back_after_signing_out_shows_nothing(person: PersonMaker) -> None:
    somebody = person()
    somebody.page.goto("/auth/password")
    somebody.sign_out()
    somebody.page.go_back()
    expect(somebody.page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_new_password_ends_the_session_of_another_browser(person: PersonMaker) -> None:
    at_work = person("du.toit")
    at_home = person("du.toit")
    at_work.change_password("laterite over the schist")
    at_work.sees("you are signed out everywhere else")
    at_home.page.reload()
    at_home.sees_heading("Sign in")
    at_work.page.reload()
    at_work.sees_heading(FILES)
    with at_home.window.expecting(400):
        at_home.try_to_sign_in(PASSWORD)
        at_home.sees(WRONG)
    at_home.try_to_sign_in(at_work.password)
    at_home.sees_heading(FILES)


def test_guessing_has_to_wait(open_window: WindowMaker, furnishing: Furnishing) -> None:
    furnishing.user("matuyama")
    window = open_window()
    guesser = Person(window, "matuyama", PASSWORD)
    guesser.page.goto("/auth/login")
    with window.expecting(400, 429):
        for _ in range(10):
            guesser.try_to_sign_in("a wrong password")
            guesser.sees(WRONG)
        guesser.try_to_sign_in(PASSWORD)
        guesser.sees(re.compile("There were too many attempts. Wait .* and try again."))


def test_signing_in_leads_to_the_page_that_was_asked_for(
    open_window: WindowMaker, furnishing: Furnishing
) -> None:
    furnishing.user("vine")
    visitor = Person(open_window(screen=DESKTOP), "vine", PASSWORD)
    visitor.page.goto("/upload")
    visitor.sees_heading("Sign in")
    visitor.try_to_sign_in(PASSWORD)
    expect(visitor.page).to_have_url(re.compile("/upload$"))


def test_a_page_that_is_not_there_says_so(person: PersonMaker) -> None:
    somebody = person()
    with somebody.window.expecting(404):
        somebody.page.goto("/424242/steps")
        somebody.sees_heading(re.compile("."))
        assert isinstance(somebody.window, Window)
