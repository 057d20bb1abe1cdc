"""The page about accounts tells the numbers that hold."""

from climate_simulation_platform.auth import names, passwords, throttle
from tests.reference import ROOT

PAGE = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")


def test_it_tells_what_names_and_passwords_are() -> None:
    assert f"{names.SHORTEST} to {names.LONGEST} letters" in PAGE
    assert f"{passwords.SHORTEST} to {passwords.LONGEST} characters" in PAGE


def test_it_tells_how_passwords_are_kept() -> None:
    hasher = passwords.HASHER
    assert f"argon2id ({hasher.memory_cost // 1024} MiB, {hasher.time_cost} passes)" in PAGE


def test_it_tells_how_often_one_may_guess() -> None:
    account, address = throttle.PER_ACCOUNT, throttle.PER_ADDRESS
    assert account.within == address.within
    assert (
        f"{account.attempts} attempts per account and {address.attempts} per address "
        f"within {account.within.seconds // 60} minutes" in PAGE
    )
    assert throttle.REGISTRATIONS_PER_ADDRESS.within.seconds == 3600
    assert f"{throttle.REGISTRATIONS_PER_ADDRESS.attempts} registrations per address" in PAGE
    assert f"its /{throttle.SUBSCRIBER_BITS} network" in PAGE
