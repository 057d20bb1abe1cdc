"""Pages of accounts."""

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from climate_simulation_platform.auth import accounts
from climate_simulation_platform.auth.signing_in import begin_session, end_session
from climate_simulation_platform.auth.throttle import TooManyAttempts, count_registration
from climate_simulation_platform.names import FieldsRefused
from climate_simulation_platform.records import User
from climate_simulation_platform.settings import Auth
from climate_simulation_platform.views.current import current_user, now, services, user_or_none
from climate_simulation_platform.views.wording import duration

blueprint = Blueprint("auth", __name__, url_prefix="/auth")

WRONG = "The user name or the password is wrong."


def may_register() -> bool:
    """Whether whoever asks may add an account: visitors, or users, as the settings say."""
    anybody = services().settings.auth is Auth.BASIC
    return anybody if user_or_none() is None else not anybody


@blueprint.route("/login", methods=("GET", "POST"))
def login() -> ResponseReturnValue:
    """Sign in."""
    target = own_path(request.values.get("next", ""))
    if user_or_none():
        return redirect(target, code=303)
    if request.method == "GET":
        return render_template("auth/login.html", target=target, username="", errors={})
    username = request.form.get("username", "")
    try:
        entered = accounts.sign_in(
            services().database,
            username,
            request.form.get("password", ""),
            request.remote_addr or "",
            now=now(),
        )
    except TooManyAttempts as refusal:
        return _wait("auth/login.html", refusal, target=target, username=username)
    if entered is None:
        page = render_template(
            "auth/login.html", target=target, username=username, errors={"username": WRONG}
        )
        return page, 400
    begin_session(*entered)
    return redirect(target, code=303)


@blueprint.route("/register", methods=("GET", "POST"))
def register() -> ResponseReturnValue:
    """A new account: one's own, or a colleague's where users add users."""
    if not may_register():
        return redirect(_home() if user_or_none() else url_for("auth.login"), code=303)
    if request.method == "GET":
        return render_template("auth/register.html", username="", errors={})
    username = request.form.get("username", "")
    try:
        added = _registered(username)
    except TooManyAttempts as refusal:
        return _wait("auth/register.html", refusal, username=username)
    except FieldsRefused as refusal:
        page = render_template("auth/register.html", username=username, errors=refusal.sentences)
        return page, 400
    if user_or_none():
        flash(f"{added.username} can sign in now.", "good")
        return redirect(url_for("auth.register"), code=303)
    return _welcome(added)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """Sign out; the session ends on the server."""
    end_session()
    g.signed_in = None
    flash("You are signed out.", "good")
    return redirect(url_for("auth.login"), code=303)


@blueprint.route("/password", methods=("GET", "POST"))
def password() -> ResponseReturnValue:
    """Change one's password; sessions elsewhere end."""
    if request.method == "GET":
        return render_template("auth/password.html", errors={})
    new = request.form.get("new", "")
    try:
        if new != request.form.get("again", ""):
            raise FieldsRefused({"again": "The two new passwords differ."})
        token = accounts.change_password(
            services().database, current_user(), request.form.get("old", ""), new, now=now()
        )
    except TooManyAttempts as refusal:
        return _wait("auth/password.html", refusal)
    except FieldsRefused as refusal:
        return render_template("auth/password.html", errors=refusal.sentences), 400
    begin_session(current_user(), token)
    flash("Your password is changed; you are signed out everywhere else.", "good")
    return redirect(_home(), code=303)


def own_path(target: str) -> str:
    """Where to go after signing in: only a path of this application, else its first page."""
    inside = request.script_root + "/"
    suspect = "\\" in target or "//" in target or any(ord(sign) < 33 for sign in target)
    if suspect or not target.startswith(inside) or target.startswith(f"{inside}auth/"):
        return _home()
    return target


def _home() -> str:
    return url_for("files.index")


def _registered(username: str) -> User:
    secret = request.form.get("password", "")
    if secret != request.form.get("again", ""):
        raise FieldsRefused({"again": "The two passwords differ."})
    database = services().database
    count_registration(database, request.remote_addr or "", now=now())
    return accounts.add_user(database, username, secret, now=now())


def _welcome(user: User) -> ResponseReturnValue:
    begin_session(user, accounts.open_session(services().database, user, now=now()))
    flash(f"Welcome, {user.username}. Upload a topography to begin.", "good")
    return redirect(_home(), code=303)


def _wait(template: str, refusal: TooManyAttempts, **values: object) -> Response:
    """The form again, with how long to wait."""
    seconds = refusal.wait.total_seconds()
    sentence = f"There were too many attempts. Wait {duration(seconds)} and try again."
    page = render_template(template, errors={"": sentence}, **values)
    response = make_response(page, 429)
    response.headers["Retry-After"] = str(max(1, int(seconds)))
    return response
