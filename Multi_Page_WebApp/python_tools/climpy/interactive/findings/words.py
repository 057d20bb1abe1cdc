"""Numbers and places in sentences."""


def counted(number: int, noun: str, several: str = "") -> str:
    """As in `1 cell`, `2,300 cells`."""
    return f"1 {noun}" if number == 1 else f"{number:,} {several or noun + 's'}"


def at(place: tuple[float, float]) -> str:
    """A place as in `12.5 S 30.1 E`."""
    latitude, longitude = place
    longitude = (longitude + 180.0) % 360.0 - 180.0
    return (
        f"{abs(latitude):.1f} {'S' if latitude < 0 else 'N'} "
        f"{abs(longitude):.1f} {'W' if longitude < 0 else 'E'}"
    )


def roughly(place: tuple[float, float]) -> str:
    """A place in whole degrees, as in `13 S 30 E`."""
    latitude, longitude = place
    longitude = (longitude + 180.0) % 360.0 - 180.0
    return (
        f"{abs(latitude):.0f} {'S' if latitude < 0 else 'N'} "
        f"{abs(longitude):.0f} {'W' if longitude < 0 else 'E'}"
    )


def metres(number: float) -> str:
    """As in `1,250 m`."""
    return f"{number:,.0f} m" if float(number).is_integer() else f"{number:,.1f} m"
