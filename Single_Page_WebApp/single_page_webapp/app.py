"""The server of the stand-alone editor."""

import asyncio
import contextlib
from pathlib import Path

import climate_simulation_platform
from climpy.interactive.editors import serving
from single_page_webapp.library import Library
from single_page_webapp.pages import File, Forget, Start, editor_page
from single_page_webapp.receiving import Receive
from single_page_webapp.settings import Settings

HERE = Path(__file__).parent
PLATFORM = Path(climate_simulation_platform.__file__).parent / "static"
"""Colours, sizes and looks of the platform's pages."""

SWEEP_SECONDS = 600.0
PRODUCT = "NetCDF editor"


def server_of(library: Library) -> serving.Server:
    """Put the server together."""
    settings = library.settings
    token = "(?P<token>[A-Za-z0-9_-]+)"  # noqa: S105 - a pattern
    known = {"library": library}
    return serving.Server(
        [editor_page(library)],
        prefix=settings.url_prefix,
        handlers=[
            (r"/?", Start, known),
            (r"/files", Receive, known),
            (rf"/files/{token}", File, known),
            (rf"/files/{token}/forget", Forget, known),
        ],
        styles=[PLATFORM / "tokens.css"],
        templates=[HERE / "templates"],
        files={
            "base.css": PLATFORM / "base.css",
            "pages.css": HERE / "static" / "pages.css",
            "start.js": HERE / "static" / "start.js",
        },
        product=PRODUCT,
        trusts_proxy=settings.behind_proxy,
        hosts=settings.hosts,
        most_open=settings.most_open,
    )


async def serve(settings: Settings, stopped: asyncio.Event) -> None:
    """Answer until an event is set."""
    library = Library(settings)
    with library.sandbox:
        library.sandbox.warm()
        server = server_of(library)
        server.start(settings.host, settings.port)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        print(  # noqa: T201 - what whoever started it is told
            f"Open http://{host}:{server.port}{settings.url_prefix}/ in a browser; Ctrl-C ends it.",
            flush=True,
        )
        sweeping = asyncio.create_task(_sweep(library))
        try:
            await stopped.wait()
        finally:
            sweeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeping
            await server.stop()


async def _sweep(library: Library) -> None:
    while True:
        await asyncio.to_thread(library.sweep)
        await asyncio.sleep(SWEEP_SECONDS)
