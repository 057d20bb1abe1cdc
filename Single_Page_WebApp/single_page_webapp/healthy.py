"""Ask the server of this container whether it answers: the container's health check."""

import http.client
import os
import sys

from single_page_webapp.settings import Settings

WAIT_SECONDS = 8.0


def answers(settings: Settings) -> bool:
    """Whether the server answers on this machine."""
    names = settings.hosts or ("127.0.0.1",)
    connection = http.client.HTTPConnection("127.0.0.1", settings.port, timeout=WAIT_SECONDS)
    try:
        path = f"{settings.url_prefix}/health"
        connection.request("GET", path, headers={"Host": names[0]})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not answers(Settings.from_env(os.environ)))
