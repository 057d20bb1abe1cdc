from datetime import timedelta
from pathlib import Path

import pytest

from climate_simulation_platform import engines
from climate_simulation_platform.constants import Worker
from climate_simulation_platform.errors import SettingsRefused
from climate_simulation_platform.settings import VARIABLES, Auth, Settings

KEY = "k" * 32
PRODUCTION = {"SECRET_KEY": KEY}


def embedded(**environ: str) -> Settings:
    return Settings.from_env(environ, embedded=True)


def test_one_machine_needs_no_setting() -> None:
    settings = embedded()
    assert settings.instance == Path.cwd() / "instance"
    assert settings.database_url == f"sqlite:///{settings.instance / 'platform.db'}"
    assert settings.secret_key is None
    assert settings.auth is Auth.BASIC
    assert (settings.host, settings.port) == ("127.0.0.1", 43829)
    assert settings.max_upload_bytes == 2048 * 2**20
    assert settings.user_quota_bytes is None
    assert not settings.secure_cookies
    assert settings.workers == {Worker.PYTHON, *engines.installed()}
    assert settings.session_idle == timedelta(days=3)


def test_production_has_all_workers_and_safe_cookies() -> None:
    settings = Settings.from_env(PRODUCTION, embedded=False)
    assert settings.secret_key == KEY
    assert settings.secure_cookies
    assert settings.workers == set(Worker)


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert embedded(**{v.name: " " for v in VARIABLES}) == embedded()


def test_what_is_given_counts(tmp_path: Path) -> None:
    settings = embedded(
        INSTANCE=str(tmp_path),
        DATABASE_URL="postgresql+psycopg://platform@db/platform",
        AUTH="Logged_In",
        USER_QUOTA_MB="10",
        SECURE_COOKIES="yes",
        WORKERS="python, mosaic",
        TASK_HOURS="0.5",
    )
    assert settings.instance == tmp_path
    assert settings.database_url.startswith("postgresql")
    assert settings.auth is Auth.LOGGED_IN
    assert settings.user_quota_bytes == 10 * 2**20
    assert settings.secure_cookies
    assert settings.workers == {Worker.PYTHON, Worker.MOSAIC}
    assert settings.task_wall == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH", "none"),
        ("DATABASE_URL", "mysql://db/platform"),
        ("DATABASE_URL", "platform.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "http://[::1"),
        ("INSTANCE", "a\0b"),
        ("KEEP_DELETED_DAYS", "-1"),
        ("MAX_UPLOAD_MB", "0"),
        ("MAX_UPLOAD_MB", "2 GB"),
        ("MAX_UPLOAD_MB", "²"),
        ("MAX_UPLOAD_MB", "9" * 5000),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("SECRET_KEY", "short"),
        ("SECURE_COOKIES", "true"),
        ("SESSION_IDLE_HOURS", "nan"),
        ("SESSION_IDLE_HOURS", "inf"),
        ("TASK_HOURS", "0"),
        ("TRUSTED_PROXIES", "all"),
        ("USER_QUOTA_MB", "1e3"),
        ("WORKERS", "python;panel"),
        ("WORKERS", ","),
    ],
)
def test_a_malformed_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=rf"^{name} .*\.$") as refusal:
        Settings.from_env({**PRODUCTION, name: value}, embedded=False)
    assert "\n" not in str(refusal.value)


def test_production_never_starts_without_a_secret_key() -> None:
    with pytest.raises(SettingsRefused, match="SECRET_KEY or SECRET_KEY_FILE must be set"):
        Settings.from_env({}, embedded=False)


def test_secrets_come_from_the_first_line_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\nsomething else\n")
    (tmp_path / "password").write_text("correct horse\n")
    settings = Settings.from_env(
        {
            "SECRET_KEY_FILE": str(tmp_path / "key"),
            "CSP_USERNAME": "ada",
            "CSP_PASSWORD_FILE": str(tmp_path / "password"),
        },
        embedded=False,
    )
    assert (settings.secret_key, settings.first_password) == (KEY, "correct horse")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_secret_file_without_a_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    for file in (tmp_path / "key", tmp_path / "nothing", tmp_path):
        with pytest.raises(SettingsRefused, match=r"^SECRET_KEY_FILE names a file"):
            embedded(SECRET_KEY_FILE=str(file))


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="not both"):
        embedded(SECRET_KEY=KEY, SECRET_KEY_FILE=str(tmp_path))


@pytest.mark.parametrize("name", ["CSP_USERNAME", "CSP_PASSWORD"])
def test_the_first_user_has_a_name_and_a_password(name: str) -> None:
    with pytest.raises(SettingsRefused, match="must be set together"):
        embedded(**{name: "something"})


def test_secrets_are_not_shown() -> None:
    shown = repr(
        embedded(
            SECRET_KEY=KEY,
            CSP_USERNAME="ada",
            CSP_PASSWORD="correct horse",
            DATABASE_URL="postgresql://platform:secret@db/platform",
        )
    )
    assert KEY not in shown
    assert "horse" not in shown
    assert "secret@" not in shown


def test_a_refused_secret_is_not_repeated() -> None:
    with pytest.raises(SettingsRefused) as refusal:
        embedded(SECRET_KEY="too short")
    assert "too short" not in str(refusal.value)


@pytest.mark.parametrize(
    ("environ", "root", "address"),
    [
        ({}, "http://127.0.0.1:43829/", "http://127.0.0.1:43830/panel/edit"),
        ({"PANEL_PORT": "7"}, "http://[::1]:43829/", "http://[::1]:7/panel/edit"),
        ({}, "http://planet.example/", "http://planet.example:43830/panel/edit"),
        ({"TRUSTED_PROXIES": "1"}, "https://a.example/b/", "https://a.example/b/panel/edit"),
    ],
)
def test_editors_of_one_machine_have_a_port_unless_a_proxy_is_before_them(
    environ: dict[str, str], root: str, address: str
) -> None:
    assert embedded(**environ).editors_at(root) == address


def test_editors_in_containers_are_below_the_pages() -> None:
    settings = Settings.from_env(PRODUCTION, embedded=False)
    assert settings.editors_at("https://a.example/b/") == "https://a.example/b/panel/edit"
