import re
from pathlib import Path

from flask import Flask, url_for

from climate_simulation_platform.views.statics import FOLDER, fingerprint, serve_statics

BUDGETS = {("tokens.css", "base.css"): 30_000, ("theme.js", "base.js"): 8_000}


def _address(folder: Path) -> tuple[Flask, str]:
    app = Flask(__name__, static_folder=None)
    serve_statics(app, folder)
    with app.test_request_context():
        return app, url_for("static", filename="a.css")


def test_the_address_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a { color: red }")
    _, before = _address(tmp_path)
    assert _address(tmp_path)[1] == before
    (tmp_path / "a.css").write_text("a { color: tan }")
    assert _address(tmp_path)[1] != before


def test_a_file_renamed_is_a_change(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a { color: red }")
    before = fingerprint(tmp_path)
    (tmp_path / "a.css").rename(tmp_path / "b.css")
    assert fingerprint(tmp_path) != before


def test_only_todays_content_is_kept_for_long(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a { color: red }")
    app, address = _address(tmp_path)
    client = app.test_client()
    assert "immutable" in client.get(address, buffered=True).headers["Cache-Control"]
    old = client.get(re.sub(r"static/\w+", "static/0123456789ab", address), buffered=True)
    assert old.data == b"a { color: red }"
    assert old.headers["Cache-Control"] == "no-cache"


def test_nothing_outside_the_folder_is_served(tmp_path: Path) -> None:
    inside = tmp_path / "static"
    inside.mkdir()
    (inside / "a.css").write_text("")
    (tmp_path / "secret").write_text("s")
    app, address = _address(inside)
    for path in ("../secret", "..%2fsecret", "%2e%2e/secret", "/etc/passwd"):
        answer = app.test_client().get(address.replace("a.css", path), follow_redirects=True)
        assert answer.status_code == 404, path


def test_the_shell_stays_small() -> None:
    for names, budget in BUDGETS.items():
        assert sum((FOLDER / name).stat().st_size for name in names) < budget, names


def test_styles_and_scripts_name_nothing_outside() -> None:
    for file in FOLDER.rglob("*"):
        if file.suffix in (".css", ".js", ".svg"):
            text = file.read_text().replace("http://www.w3.org/", "")
            assert not re.search(r"https?://|@import|url\(\s*['\"]?//", text), file


def test_the_shell_has_no_colours_but_those_of_the_tokens() -> None:
    style = (FOLDER / "base.css").read_text()
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", style)


def test_every_token_that_is_used_is_there() -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", (FOLDER / "tokens.css").read_text()))
    for file in FOLDER.rglob("*.css"):
        text = file.read_text()
        own = set(re.findall(r"(--[\w-]+)\s*:", text))
        used = set(re.findall(r"var\((--[\w-]+)\s*\)", text))
        assert used <= defined | own, (file, used - defined - own)
