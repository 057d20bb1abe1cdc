"""The web application: pages, accounts, uploads, downloads, requests for steps."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from climate_simulation_platform.auth import views as auth_views
from climate_simulation_platform.auth.signing_in import keep_sessions
from climate_simulation_platform.services import Services
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.version import VERSION
from climate_simulation_platform.views import assets, editors, files, steps, weights
from climate_simulation_platform.views.converters import CONVERTERS
from climate_simulation_platform.views.current import keep_services, user_or_none
from climate_simulation_platform.views.errors import answer_errors
from climate_simulation_platform.views.metrics import metrics
from climate_simulation_platform.views.panel_gate import panel_gate
from climate_simulation_platform.views.receiving import ReceivingRequest
from climate_simulation_platform.views.security import guard
from climate_simulation_platform.views.statics import serve_statics
from climate_simulation_platform.views.status import status
from climate_simulation_platform.views.wording import FILTERS


def create_app(services: Services) -> Flask:
    """Build the application; it reads no environment and connects to nothing yet."""
    app = Flask(__name__, static_folder=None)
    app.request_class = ReceivingRequest
    app.config.from_mapping(_configuration(services.settings))
    app.url_map.converters.update(CONVERTERS)
    app.jinja_env.filters.update(FILTERS)
    keep_services(app, services)
    serve_statics(app)
    answer_errors(app)
    keep_sessions(app)
    guard(app)
    app.add_url_rule("/status", "status", status)
    app.add_url_rule("/metrics", "metrics", metrics)
    app.add_url_rule("/auth/panel", "panel_gate", panel_gate)
    _add_pages(app)
    _trust_proxies(app, services.settings.trusted_proxies)
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    if not settings.secret_key:
        raise ValueError("The settings of a web application need a secret key.")
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": settings.session_longest,
    }


def _add_pages(app: Flask) -> None:
    for pages in (auth_views, files, steps, assets, weights, editors):
        app.register_blueprint(pages.blueprint)

    @app.context_processor
    def page_context() -> dict[str, object]:
        return {
            "signed_in": user_or_none(),
            "may_register": auth_views.may_register(),
            "platform_version": VERSION,
        }


def _trust_proxies(app: Flask, number: int) -> None:
    """Believe what so many proxies in front say of the visitor's address, host and prefix."""
    if number:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=number, x_proto=number, x_host=number, x_prefix=number
        )
