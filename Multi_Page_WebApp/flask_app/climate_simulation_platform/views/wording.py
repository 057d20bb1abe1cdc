"""How figures and moments are written on pages."""

from datetime import UTC, datetime

BYTE_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def moment(when: datetime) -> str:
    """A moment for people, such as 3 May 2024, 14:05 UTC."""
    universal = when.astimezone(UTC)
    return f"{universal.day} {universal:%B %Y, %H:%M} UTC"


def file_size(size: int) -> str:
    """A number of bytes with a fitting unit, such as 12.3 MB."""
    amount, unit = float(size), BYTE_UNITS[0]
    for larger in BYTE_UNITS[1:]:
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    digits = 0 if unit == BYTE_UNITS[0] or amount >= 99.95 else 1
    return f"{amount:.{digits}f} {unit}"


def duration(seconds: float) -> str:
    """How long to wait, rounded up, such as 12 minutes."""
    whole = max(1, -int(-seconds // 1))
    for unit, length in (("hour", 3600), ("minute", 60)):
        if whole > length:
            return _counted(-(-whole // length), unit)
    return _counted(whole, "second")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


FILTERS = {"moment": moment, "file_size": file_size, "duration": duration}
