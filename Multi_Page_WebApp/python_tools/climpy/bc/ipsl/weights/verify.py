"""Whether a set of weights is one that the coupler can be given: every file against the others.

A set is judged as it lies on the disk, whichever engine made it: grids, masks and areas, and each
remapping by its purpose.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.oasis import PURPOSE, Purpose, Remapping, read_remapping
from climpy.errors import InputRefused, StepRefused
from climpy.grids.nemo import unit_vectors
from climpy.io import read

_SAME_PLACE = 1e-7
"""Chord within which two points are one [radii]."""

_REACH = {Purpose.MEAN: 1.1, Purpose.FLUX: 1.1, Purpose.VECTOR: 4.0}
"""How many times the sum of two cells' radii linked centres may be apart."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    file : str
        Name of the file.
    about : str
        What must be true, in a few words.
    value, limit : float
        What was found, and the most that it may be.
    """

    file: str
    about: str
    value: float
    limit: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether it is true."""
        return self.value <= self.limit  # false for NaN


@dataclass(frozen=True, eq=False)
class Side:
    """One grid of a remapping, as the set's files have it.

    Parameters
    ----------
    counts : (n,) bool
        Cells that are not masked.
    """

    latitudes: FloatArray
    longitudes: FloatArray
    corners: tuple[FloatArray, FloatArray] | None
    counts: BoolArray
    area: FloatArray
    shape: tuple[int, int]

    @cached_property
    def places(self) -> FloatArray:
        """Unit vectors of the centres, (n, 3)."""
        return unit_vectors(self.latitudes, self.longitudes)

    @cached_property
    def radii(self) -> FloatArray:
        """Longest chord from each centre to a corner, (n,)."""
        if self.corners is None:
            return np.full(len(self.latitudes), 2.0)
        chords = np.linalg.norm(unit_vectors(*self.corners) - self.places[:, None], axis=2)
        return np.asarray(chords.max(axis=1))

    @cached_property
    def first_at_place(self) -> AnyArray:
        """For each cell the first one at the same place, (n,)."""
        near = cKDTree(self.places).query_pairs(_SAME_PLACE, output_type="ndarray")
        first = np.arange(len(self.places))
        np.minimum.at(first, near[:, 1], near[:, 0])
        return first

    @cached_property
    def stands_for_counted(self) -> BoolArray:
        """Cells at whose place a cell counts, themselves or one that they are a copy of."""
        counted = np.zeros(len(self.counts), dtype=bool)
        np.logical_or.at(counted, self.first_at_place, self.counts)
        return counted[self.first_at_place]


def require_sound(folder: Path) -> tuple[Finding, ...]:
    """What was looked at in a set in which all is well.

    Raises
    ------
    StepRefused
        If something is not; the sentence names the first thing.
    """
    findings = verify(folder)
    wrong = [finding for finding in findings if not finding.passed]
    if wrong:
        first = wrong[0]
        raise StepRefused(
            f"The weights are not sound and were not kept: {first.file}: {first.about} "
            f"({first.value:.3g}, at most {first.limit:.3g}); {len(wrong)} of {len(findings)} "
            "checks failed."
        )
    return findings


def verify(folder: Path) -> tuple[Finding, ...]:
    """Look at everything in a folder of weights.

    Parameters
    ----------
    folder : Path
        With the files of grids, masks and areas and with remappings (rmp_*.nc), directly or in one
        folder below.

    Raises
    ------
    InputRefused
        If there is no such set; the sentence says what is missing.
    """
    remappings = sorted(folder.rglob("rmp_*.nc"))
    if not remappings:
        raise InputRefused(f"There are no weights (rmp_*.nc) in {folder.name}.")
    known = {name: _only(folder, name) for name in ("grids", "masks", "areas")}
    findings: list[Finding] = []
    for path in remappings:
        findings += _of_remapping(path, known)
    return tuple(findings)


def _only(folder: Path, name: str) -> Mapping[str, AnyArray]:
    found = sorted(folder.rglob(f"{name}*.nc"))
    if len(found) != 1:
        raise InputRefused(f"There must be one file {name}*.nc beside the weights.")
    return {n: variable.values for n, variable in read(found[0]).variables.items()}


def _of_remapping(path: Path, known: Mapping[str, Mapping[str, AnyArray]]) -> Iterator[Finding]:
    """What must be true of one remapping."""
    remapping = read_remapping(path)
    links, name = remapping.links, path.name
    purpose = Purpose(str(remapping.attributes.get(PURPOSE, Purpose.MEAN)))
    sides = []
    for side, grid in (("src", "source_grid"), ("dst", "dest_grid")):
        found, of_side = _side(remapping, side, str(remapping.attributes.get(grid, "")), known)
        sides.append(found)
        yield from (Finding(name, about, value, limit) for about, value, limit in of_side)
    source, target = sides
    outside = _outside(links)
    yield Finding(name, "addresses lie outside of their grids", outside)
    if outside:
        return
    yield Finding(name, "links are not sorted by target, then source", _disorder(links))
    yield Finding(name, "weights are not finite", _count(~np.isfinite(links.weight)))
    for about, value, limit in _CHECKS[purpose](links, source, target, remapping):
        yield Finding(name, about, value, limit)
    for about, value, limit in _common(links, source, target, purpose):
        yield Finding(name, about, value, limit)


Found = tuple[str, float, float]


def _side(
    remapping: Remapping, side: str, grid: str, known: Mapping[str, Mapping[str, AnyArray]]
) -> tuple[Side, list[Found]]:
    """A grid by the set's own files, and where the remapping says otherwise."""
    values = remapping.values
    names = {"grids": ("lon", "lat"), "masks": ("msk",), "areas": ("srf",)}
    absent = [
        f"{grid}.{suffix}"
        for file, suffixes in names.items()
        for suffix in suffixes
        if f"{grid}.{suffix}" not in known[file]
    ]
    if absent:
        raise InputRefused(f"The set has no {' and no '.join(absent)}.")
    lat, lon = known["grids"][f"{grid}.lat"], known["grids"][f"{grid}.lon"]
    counts = known["masks"][f"{grid}.msk"].reshape(-1) == 0
    corners = None
    if f"{grid}.cla" in known["grids"]:
        cla, clo = (known["grids"][f"{grid}.{suffix}"] for suffix in ("cla", "clo"))
        corners = cla.reshape(len(cla), -1).T, clo.reshape(len(clo), -1).T
    area = known["areas"][f"{grid}.srf"].reshape(-1)
    found = Side(lat.reshape(-1), lon.reshape(-1), corners, counts, area, lat.shape)
    shape = tuple(int(n) for n in values[f"{side}_grid_dims"][::-1])
    differs: list[Found] = [
        (f"{grid} has another shape than in grids", float(shape != lat.shape), 0)
    ]
    if shape != lat.shape:
        return found, differs
    moved = [
        np.abs(values[f"{side}_grid_center_{axis}"] - own).max()
        for axis, own in (("lat", found.latitudes), ("lon", found.longitudes))
    ]
    masked = _count((values[f"{side}_grid_imask"] == 1) != counts)
    differs += [
        (f"centres of {grid} lie elsewhere than in grids [degrees]", float(max(moved)), 1e-9),
        (f"cells of {grid} are masked otherwise than in masks", masked, 0.0),
    ]
    return found, differs


def _common(links: Links, source: Side, target: Side, purpose: Purpose) -> Iterator[Found]:
    """What must be true whatever the purpose."""
    used = _count(~source.stands_for_counted[links.source])
    yield "links come from masked cells", used, 0.0
    yield (
        "links go to masked cells that are no copies",
        _count(~target.stands_for_counted[links.target]),
        0.0,
    )
    if purpose is not Purpose.VECTOR:
        yield "weights are negative", _count(links.weight < 0.0), 0.0
    if purpose in _REACH:
        apart = np.linalg.norm(source.places[links.source] - target.places[links.target], axis=1)
        reach = source.radii[links.source] + target.radii[links.target]
        yield (
            "linked cells do not touch",
            _count(apart > _REACH[purpose] * reach + _SAME_PLACE),
            0.0,
        )
    if purpose not in (Purpose.RIVERS, Purpose.ICE):  # which need not reach every cell
        linked = np.bincount(links.target, minlength=len(target.counts)) > 0
        yield "cells that count have no link", _count(target.counts & ~linked), 0.0


def _of_mean(links: Links, _source: Side, _target: Side, _: Remapping) -> Iterator[Found]:
    sums = links.sums().reshape(-1)
    linked = np.bincount(links.target, minlength=sums.size) > 0
    error = np.abs(sums[linked] - 1.0).max(initial=0.0)
    yield "a constant field does not stay constant", float(error), 1e-12


def _of_flux(links: Links, source: Side, target: Side, remapping: Remapping) -> Iterator[Found]:
    """What leaves and what arrives, by the areas that the remapping itself speaks of."""
    share = remapping.values["src_grid_frac"]
    sends, gets = (remapping.values[f"{side}_grid_area"] for side in ("src", "dst"))
    counted = links.only(target.counts[links.target])
    given = counted.given(gets).reshape(-1)
    leaves, arrives = np.zeros(given.size), np.zeros(given.size)
    np.add.at(leaves, source.first_at_place, share * sends)
    np.add.at(arrives, source.first_at_place, given)
    error = np.abs(arrives - leaves).max() / sends.max()
    yield "not all that leaves a cell arrives (share of a cell)", float(error), 1e-11
    for areas, side in ((sends, source), (gets, target)):
        apart = np.abs(areas - side.area)[side.counts].max(initial=0.0) / side.area.max()
        yield "areas are others than in areas (share of a cell)", float(apart), 0.01
    yield (
        "shares of ocean lie outside of 0 to 1",
        float(max(share.max() - 1.0, -share.min(), 0.0)),
        1e-12,
    )


def _of_vector(links: Links, _source: Side, target: Side, _: Remapping) -> Iterator[Found]:
    sums = links.sums().reshape(-1)[target.counts]
    error = float(np.abs(sums - 1.0).max(initial=0.0))
    yield "a constant field does not stay constant", error, 1e-6


def _of_rivers(links: Links, _source: Side, target: Side, _: Remapping) -> Iterator[Found]:
    counted = links.only(target.counts[links.target])
    given = counted.given(target.area).reshape(-1)
    sends = np.bincount(links.source, minlength=given.size) > 0
    error = float(np.abs(given[sends] - 1.0).max(initial=0.0))
    yield "not all water of a cell arrives", error, 1e-12


def _of_ice(links: Links, _source: Side, target: Side, _: Remapping) -> Iterator[Found]:
    counted = links.only(target.counts[links.target])
    given = counted.given(target.area).reshape(-1)
    sends = np.flatnonzero(np.bincount(links.source, minlength=given.size))
    yield "no cell sends ice", float(sends.size == 0), 0.0
    even = _spread(counted, sends)
    yield "ice is spread unevenly over a band", even, 1e-12


def _spread(links: Links, sends: AnyArray) -> float:
    """Greatest relative difference between the weights of one source."""
    most = np.zeros(int(links.source.max(initial=0)) + 1)
    least = np.full(most.size, np.inf)
    np.maximum.at(most, links.source, links.weight)
    np.minimum.at(least, links.source, links.weight)
    return float((1.0 - least[sends] / most[sends]).max(initial=0.0)) if sends.size else 0.0


_CHECKS: Mapping[Purpose, Callable[[Links, Side, Side, Remapping], Iterator[Found]]] = {
    Purpose.MEAN: _of_mean,
    Purpose.FLUX: _of_flux,
    Purpose.VECTOR: _of_vector,
    Purpose.RIVERS: _of_rivers,
    Purpose.ICE: _of_ice,
}


def _outside(links: Links) -> float:
    sizes = (links.source_shape, links.target_shape)
    pairs = zip((links.source, links.target), sizes, strict=True)
    return float(sum(_count((cells < 0) | (cells >= ny * nx)) for cells, (ny, nx) in pairs))


def _disorder(links: Links) -> float:
    later = np.diff(links.target)
    return _count((later < 0) | ((later == 0) & (np.diff(links.source) <= 0)))


def _count(where: AnyArray) -> float:
    return float(np.count_nonzero(where))
