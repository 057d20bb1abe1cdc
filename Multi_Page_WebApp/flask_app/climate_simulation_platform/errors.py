"""What the platform raises on purpose; each message is one sentence a scientist can act on."""

from climate_simulation_platform.records import Revision


class PlatformError(Exception):
    """Base class of every error that the platform raises on purpose."""


class RequestRefused(PlatformError):
    """What was asked cannot be done as it was asked."""


class Conflict(PlatformError):
    """Somebody else changed the same thing meanwhile."""


class Outdated(Conflict):
    """What is to be saved was made from something that has a newer revision.

    Parameters
    ----------
    newer : tuple of Revision
        The revisions that an edit would have to begin with now.
    """

    def __init__(self, sentence: str, newer: tuple[Revision, ...] = ()) -> None:
        super().__init__(sentence)
        self.newer = newer


class Busy(PlatformError):
    """The database or another part is occupied; the same request may succeed in a moment."""


class OutcomeUnknown(Busy):
    """The connection was lost while a change was being kept: it was made, or it was not."""


class NoSpace(PlatformError):
    """The disk is full, or the user's share of it."""


class SettingsRefused(PlatformError):
    """A setting is missing or malformed; the sentence names it."""


class DatabaseUnusable(PlatformError):
    """The database is damaged, is another program's, or was made by a newer version."""


class NotThere(PlatformError):
    """What was asked for does not exist, or does not exist any more."""


class QueueUnavailable(PlatformError):
    """The message queue cannot be reached or takes nothing; nothing was changed."""


class ServiceUnusable(PlatformError):
    """A service cannot go on; its process ends with an exit code."""
