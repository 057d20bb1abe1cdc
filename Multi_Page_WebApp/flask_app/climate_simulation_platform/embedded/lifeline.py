"""How the processes of one installation notice that the supervisor is gone."""

import os
import threading

LIFELINE = 0
"""Descriptor (standard input) of a pipe whose other end only the supervisor holds."""

ABANDONED = 1
"""Exit code of a process whose supervisor was killed."""


def end_with_supervisor() -> None:
    """End this process when the supervisor ends, however it does.

    What was under way is taken up again, or cleared, at the next start.
    """
    threading.Thread(target=_wait_for_the_end, name="lifeline", daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(LIFELINE, 1):
        pass
    os._exit(ABANDONED)
