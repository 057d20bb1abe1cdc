from datetime import UTC, datetime, timedelta, timezone

import pytest

from climate_simulation_platform.views.wording import duration, file_size, moment


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345, "12.3 kB"),
     (999_499, "999 kB"), (999_500, "1.0 MB"), (2_082_432, "2.1 MB"), (123_456_789, "123 MB"),
     (5 * 10**12, "5.0 TB"), (5 * 10**15, "5000 TB")],
)  # fmt: skip
def test_sizes_have_a_fitting_unit(size: int, words: str) -> None:
    assert file_size(size) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 second"), (1, "1 second"), (59.2, "60 seconds"), (60, "60 seconds"),
     (61, "2 minutes"), (900, "15 minutes"), (3600, "60 minutes"), (3601, "2 hours")],
)  # fmt: skip
def test_waiting_is_told_in_words_and_never_too_short(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_moments_are_told_in_universal_time() -> None:
    tokyo = datetime(2024, 5, 4, 0, 5, tzinfo=timezone(timedelta(hours=9)))
    assert moment(tokyo) == "3 May 2024, 15:05 UTC"
    assert moment(tokyo.astimezone(UTC)) == moment(tokyo)
