"""The platform as somebody starts and ends it in a terminal."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import Window
from tests.e2e.serving import Serving, surroundings
from tests.reference import ROOT
from tests.waiting import is_gone, wait_for


def test_ctrl_c_ends_every_process(browser: Browser, tmp_path: Path) -> None:
    serving = Serving(tmp_path / "instance")
    serving.start()
    window = Window(browser, serving.url)
    window.page.goto("/")
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert serving.end(to_all=True) == 0
    window.close()


def test_make_run_serves_until_ctrl_c(tmp_path: Path) -> None:
    """With everything set up; a terminal tells Ctrl-C to make and to all below it."""
    log = tmp_path / "log"
    with log.open("wb") as stream:
        make = subprocess.Popen(
            ["make", "--assume-old=setup", "run"],
            cwd=ROOT,
            env={**surroundings(), "INSTANCE": str(tmp_path / "instance"), "PORT": "0"},
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    wait_for(lambda: "http://127.0.0.1:" in log.read_text(), "the line with the address")
    family = psutil.Process(make.pid).children(recursive=True)
    assert len(family) > 3
    os.killpg(make.pid, signal.SIGINT)
    make.wait(30)
    for each in family:
        wait_for(lambda each=each: is_gone(each.pid), f"the end of {each}")  # type: ignore[misc]
    assert "Traceback" not in log.read_text()
