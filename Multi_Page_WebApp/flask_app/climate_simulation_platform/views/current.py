"""What a view needs of the request at hand: the services, the user, the time."""

from datetime import UTC, datetime
from typing import cast

from flask import Flask, current_app, g

from climate_simulation_platform.records import User
from climate_simulation_platform.services import Services

_KEY = "climate_simulation_platform"


def keep_services(app: Flask, services: Services) -> None:
    """Give an application its services."""
    app.extensions[_KEY] = services


def services() -> Services:
    """Services of the application that answers."""
    return cast(Services, current_app.extensions[_KEY])


def current_user() -> User:
    """Who asks; only where a sign-in is demanded, which is everywhere but on public pages."""
    user = user_or_none()
    if user is None:
        raise LookupError("A public page was asked for its user.")
    return user


def user_or_none() -> User | None:
    """Who asks, None for a visitor."""
    return cast(User | None, g.get("signed_in"))


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)
