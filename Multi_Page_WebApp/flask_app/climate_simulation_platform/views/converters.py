"""Parts of addresses: names of steps, files, editors; anything else is no address."""

from werkzeug.routing import BaseConverter, ValidationError

from climate_simulation_platform.constants import STEPS, FileType
from climate_simulation_platform.tickets import EDITORS


class StepConverter(BaseConverter):
    """Name of a step."""

    def to_python(self, value: str) -> str:
        """The name, if it is one."""
        if value not in STEPS:
            raise ValidationError
        return value


class FileTypeConverter(BaseConverter):
    """A type of file."""

    def to_python(self, value: str) -> FileType:
        """The type, if it is one."""
        try:
            return FileType(value)
        except ValueError as unknown:
            raise ValidationError from unknown


class EditorConverter(BaseConverter):
    """Name of an editor."""

    def to_python(self, value: str) -> str:
        """The name, if it is one."""
        if value not in EDITORS:
            raise ValidationError
        return value


CONVERTERS = {
    "step": StepConverter,
    "file_type": FileTypeConverter,
    "editor": EditorConverter,
}
