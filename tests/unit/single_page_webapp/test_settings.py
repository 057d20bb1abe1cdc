import pytest

from single_page_webapp.settings import VARIABLES, Settings, SettingsRefused


def test_without_any_it_serves_this_machine_alone() -> None:
    settings = Settings.from_env({})
    assert settings.host == "127.0.0.1"
    assert settings.hosts is not None
    assert set(settings.hosts) == {"localhost", "127.0.0.1", "::1"}
    assert settings.max_upload_bytes == 2**30
    assert settings.keep_seconds == 24 * 3600


@pytest.mark.parametrize("host", ["127.0.0.5", "::1", "localhost"])
def test_a_loopback_address_answers_to_names_of_this_machine(host: str) -> None:
    settings = Settings.from_env({"HOST": host})
    assert settings.hosts is not None
    assert host in settings.hosts


def test_an_open_address_answers_to_any_name_or_to_those_that_are_told() -> None:
    assert Settings.from_env({"HOST": "0.0.0.0"}).hosts is None
    told = Settings.from_env({"HOST": "0.0.0.0", "HOSTS": "Edit.Example, other.example"})
    assert told.hosts == ("edit.example", "other.example")


@pytest.mark.parametrize(
    ("told", "prefix"), [("", ""), ("/", ""), ("editor", "/editor"), ("/a/b/", "/a/b")]
)
def test_a_prefix_begins_with_a_slash_and_ends_without(told: str, prefix: str) -> None:
    assert Settings.from_env({"URL_PREFIX": told}).url_prefix == prefix


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "many"),
        ("MAX_UPLOAD_MB", "0"),
        ("KEEP_HOURS", "0"),
        ("KEEP_HOURS", "nan"),
        ("KEEP_HOURS", "soon"),
        ("TRUSTED_PROXIES", "2"),
        ("URL_PREFIX", "/a b"),
        ("URL_PREFIX", "/../b"),
        ("URL_PREFIX", "(.*)"),
    ],
)
def test_a_malformed_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        Settings.from_env({name: value})


def test_every_variable_has_a_meaning() -> None:
    assert len({v.name for v in VARIABLES}) == len(VARIABLES)
    assert all(v.meaning.endswith(".") for v in VARIABLES)
