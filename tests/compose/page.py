"""The page docs/containers.md: how large the images are, how long things take."""

from collections.abc import Iterable, Mapping, Sequence

from tests.compose.docker import base_images, image, layers
from tests.container_images import dockerfiles

MEGABYTE = 1e6

TEXT = """\
# Containers, measured

Written by `make test-compose`. Base images differ (where no registry answers, stand-ins made of
Debian's packages are taken), and so do machines: read the last columns of the first table, and the
order of magnitude of the second.

## Images

Sizes are unpacked. A layer that several images hold is stored and sent once.

{images}

## Times

Built one after the other, with what the builder kept of earlier builds; started with three
Python workers; a topography of half a degree taken through all steps in a browser, the broker
recreated and workers killed on the way. What is slowed down has a twentieth of a processor.

{times}
"""


def text(builds: Mapping[str, float], seconds: Mapping[str, float]) -> str:
    """The whole page."""
    times = [(f"build `{name}`", took) for name, took in builds.items()]
    times += list(seconds.items())
    return TEXT.format(
        images=_table(("image", "size", "beyond its base image", "in no other image"), _sizes()),
        times=_table(("what", "time"), [(what, f"{took:.1f} s") for what, took in times]),
    )


def _sizes() -> Iterable[Sequence[str]]:
    of_others = {digest for base in base_images() for digest in layers(base)}
    held = {name: layers(image(name)) for name in dockerfiles()}
    for name, own in held.items():
        elsewhere = {d for other, found in held.items() if other != name for d in found}
        parts: tuple[set[str], ...] = (set(), of_others, of_others | elsewhere)
        yield (f"`{name}`", *(_megabytes(own, without) for without in parts))


def _megabytes(sizes: Mapping[str, int], without: set[str]) -> str:
    total = sum(size for digest, size in sizes.items() if digest not in without)
    return f"{total / MEGABYTE:.1f} MB" if total < 10 * MEGABYTE else f"{total / MEGABYTE:.0f} MB"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
