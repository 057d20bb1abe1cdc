"""What climpy raises on purpose; each message is one sentence a scientist can act on."""


class ClimpyError(Exception):
    """Base class of every error that climpy raises on purpose."""


class StepRefused(ClimpyError):
    """The science says no: the step cannot give a meaningful result from this input."""


class InputRefused(StepRefused):
    """A file or a parameter cannot be used as it is."""


class OutputRefused(ClimpyError):
    """A result cannot be written: folder missing or not writable, disk full."""
