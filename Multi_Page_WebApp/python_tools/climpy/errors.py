"""What climpy raises on purpose; each message is one sentence a scientist can act on."""


class ClimpyError(Exception):
    """Base class of every error that climpy raises on purpose."""


class StepRefused(ClimpyError):
    """The science says no: the step cannot give a meaningful result from this input."""


class InputRefused(StepRefused):
    """A file or a parameter cannot be used as it is."""


class ChoiceNeeded(InputRefused):
    """A file can be used once a person has said more about it.

    Parameters
    ----------
    sentence : str
        What is in the way.
    choose : str
        What to say, as `climpy.topography.Choices` calls it.
    """

    def __init__(self, sentence: str, *choose: str) -> None:
        super().__init__(sentence)
        self.choose = choose


class OutputRefused(ClimpyError):
    """A result cannot be written: folder missing or not writable, disk full."""
