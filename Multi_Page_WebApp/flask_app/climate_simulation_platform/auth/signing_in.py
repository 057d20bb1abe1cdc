"""Sessions of browsers: an opaque token in the cookie, the session itself in the database."""

from flask import Flask, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from climate_simulation_platform.auth.accounts import sign_out
from climate_simulation_platform.db import sessions
from climate_simulation_platform.records import User
from climate_simulation_platform.views.current import now, services


class SignedIn(UserMixin):  # type: ignore[misc]
    """A user with the token of their session, which is all that the cookie holds."""

    def __init__(self, user: User, token: str) -> None:
        self.user = user
        self.token = token

    def get_id(self) -> str:
        """The token."""
        return self.token


def keep_sessions(app: Flask) -> None:
    """Let Flask-Login find the user of a request by the token in its cookie."""
    manager = LoginManager()
    manager.session_protection = None  # the token decides; addresses of laptops change
    manager.init_app(app, add_context_processor=False)
    manager.user_loader(_by_token)


def user_of_request() -> User | None:
    """The user whose session the request belongs to."""
    return current_user.user if current_user.is_authenticated else None


def begin_session(user: User, token: str) -> None:
    """Start a session in this browser; what it held before is gone, on the server too."""
    end_session()
    session.permanent = True
    login_user(SignedIn(user, token))


def end_session() -> None:
    """End the session of this browser, if there is one, on the server and in the cookie."""
    if current_user.is_authenticated:
        sign_out(services().database, current_user.token)
        logout_user()
    session.clear()


def _by_token(token: str) -> SignedIn | None:
    settings = services().settings
    user = sessions.user_of(
        services().database,
        token,
        now=now(),
        idle=settings.session_idle,
        longest=settings.session_longest,
    )
    return SignedIn(user, token) if user else None
