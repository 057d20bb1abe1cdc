"""The polar cap of the ocean grid: ellipses and their orthogonal lines in the stereographic plane.

The cap is drawn in the polar stereographic plane of a unit sphere, where a point has the distance
tan(colatitude / 2) from the pole and the x axis runs through the two mesh poles. Its j-lines are
ellipses about the pole with the half axes a(s) along x and b(s) along y; the stage s goes from 0
on the circle where the cap begins to 1 on the fold, a segment between the mesh poles. Its i-lines
cross all ellipses at right angles.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import polynomial

from climpy.arrays import FloatArray, IntArray

RIM_LATITUDE = 19.605793
"""Latitude of the circle where the cap begins [degrees north]."""

REFERENCE_LATITUDE = 60.0
"""Latitude of the mesh poles of the grid to which the half axes were fitted [degrees north]."""

CAP_ROWS = 52.5
"""Rows of the two-degree grid between the rim and the fold."""

# b / (1 - s) in powers of s: Mercator's value and slope at the rim, nought on the fold
_MINOR = np.array([
    0.7053466938, -0.5872686346, 0.5981752166, -0.2052827405, 0.1259072077,
    -0.6963691303, 1.6005024594, -2.1730666422, 1.3027214089, -0.2462724299,
])  # fmt: skip
# (a^2 - b^2) / a(1)^2 in powers of s: nought with two derivatives at the rim, one on the fold
_FOCAL = np.array([
    0.0, 0.0, 0.0, 40.348134564, -144.040273527, 159.794136210, 214.952716457,
    -951.501170480, 1419.961144192, -1142.703093666, 495.154616043, -90.966209793,
])  # fmt: skip
# the same for poles elsewhere, level on the fold: 1 - (1-s)^5 (1 + 5s + 15s^2)
_RISE = polynomial.polysub(
    [1.0], polynomial.polymul(polynomial.polypow([1.0, -1.0], 5), [1.0, 5.0, 15.0])
)

_LAST_STAGE = 1.0 - 1e-9
_STEP_SHARE = 0.12


@dataclass(frozen=True, eq=False)
class CapLines:
    """Points and metric of one quarter of the cap, by level (rows) and starting angle (columns).

    Parameters
    ----------
    x, y : (levels, angles) float64
        Place in the plane; x >= 0 towards the first mesh pole, y >= 0 a quarter turn east of it.
    along_i, along_j : (levels, angles) float64
        Length on the unit sphere per radian of starting angle, and per unit of stage.
    """

    x: FloatArray
    y: FloatArray
    along_i: FloatArray
    along_j: FloatArray


@dataclass(frozen=True, eq=False)
class HalfAxes:
    """The half axes of the ellipses as functions of the stage, for one latitude of the poles.

    Parameters
    ----------
    minor : array
        Coefficients of b in powers of the stage.
    focal : array
        Coefficients of a^2 - b^2 in powers of the stage.
    """

    minor: FloatArray
    focal: FloatArray

    @classmethod
    def of_pole(cls, pole_latitude: float, refinement: int = 1) -> "HalfAxes":
        """Choose the half axes for mesh poles at a latitude [degrees north].

        b is the same for all. a^2 - b^2 is the reference's, scaled to end on the mesh poles; of
        its slope at the fold, which draws i-lines into the mesh poles, no more is kept than the
        reference has per row, so that the smallest cells do not shrink to nothing.
        """
        tip, reference_tip = (
            stereographic_radius(lat) for lat in (pole_latitude, REFERENCE_LATITUDE)
        )
        share = min(1.0, (reference_tip / tip) ** 2) / refinement
        shape = polynomial.polyadd(share * _FOCAL, (1.0 - share) * _RISE)
        return cls(polynomial.polymul([1.0, -1.0], _MINOR), tip**2 * shape)

    def at(self, stage: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the half axes (a, b) at the stages."""
        b = _value(stage, self.minor)
        return np.sqrt(b * b + _value(stage, self.focal)), b

    def slopes(self, stage: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the derivatives (a', b') by the stage."""
        a, b = self.at(stage)
        b_slope = _value(stage, _derivative(self.minor))
        focal_slope = _value(stage, _derivative(self.focal))
        return (b * b_slope + 0.5 * focal_slope) / a, b_slope


def _value(stage: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Evaluate a polynomial of the stage."""
    return np.asarray(polynomial.polyval(stage, coefficients), dtype=np.float64)


def _derivative(coefficients: FloatArray) -> FloatArray:
    """Give the coefficients of a polynomial's derivative."""
    return np.asarray(polynomial.polyder(coefficients), dtype=np.float64)


def stereographic_radius(latitude: float) -> float:
    """Distance from the pole in the plane, tan(colatitude / 2), of a latitude [degrees north]."""
    return float(np.tan(np.deg2rad(90.0 - latitude) / 2.0))


def cap_lines(axes: HalfAxes, levels: int, angles: int) -> CapLines:
    """Follow the i-lines of one quarter of the cap from the rim to the fold.

    Parameters
    ----------
    axes : HalfAxes
        The ellipses.
    levels : int
        Equal intervals of the stage from the rim to the fold.
    angles : int
        Equal intervals of the starting angle from the first mesh pole to a quarter turn east.

    Returns
    -------
    CapLines
        With levels + 1 rows and angles + 1 columns.
    """
    start = np.linspace(0.0, 0.5 * np.pi, angles + 1)
    cos2, sin2 = np.cos(start) ** 2, np.sin(start) ** 2
    cos2[-1] = 0.0
    turn, spread = _follow(axes, np.linspace(0.0, 1.0, levels + 1), cos2, sin2)
    return _evaluate(axes, levels, (cos2, sin2), (turn, spread))


def _evaluate(
    axes: HalfAxes,
    levels: int,
    start: tuple[FloatArray, FloatArray],
    lines: tuple[FloatArray, FloatArray],
) -> CapLines:
    """Places and metric on the lines given by their turn and spread (see `_follow`)."""
    exact = np.linspace(0.0, 1.0, levels + 1)[:, None]
    stage = np.minimum(exact, _LAST_STAGE)
    (a, b), (a_slope, b_slope) = axes.at(stage), axes.slopes(stage)
    cos2, weighted = start[0], start[1] * np.exp(lines[0])
    norm = cos2 + weighted
    cos2, sin2 = cos2 / norm, weighted / norm
    along_line = np.abs(b * a_slope * cos2 + a * b_slope * sin2)
    along_line /= np.sqrt(b**2 * cos2 + a**2 * sin2)
    along_ellipse = np.sqrt(a**2 * sin2 + b**2 * cos2) * np.exp(0.5 * lines[0] + lines[1]) / norm
    x, y = axes.at(exact)[0] * np.sqrt(cos2), b * np.sqrt(sin2)
    y[-1] = 0.0
    scale = 2.0 / (1.0 + x * x + y * y)
    return CapLines(x, y, along_ellipse * scale, along_line * scale)


def _follow(
    axes: HalfAxes, levels: FloatArray, cos2: FloatArray, sin2: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Integrate the lines through the levels, (levels, angles) each.

    With the eccentric angle t of a point (x = a cos t, y = b sin t) a line that crosses the
    ellipses at right angles has d(ln tan^2 t)/ds = (a^2 - b^2)' / (b^2 cos^2 t + a^2 sin^2 t).
    The first result, the turn, is the growth of ln tan^2 t since the rim, finite on the axes too;
    the second, the spread, the logarithm of its derivative by its value at the rim.

    Notes
    -----
    Runge and Kutta's fourth-order steps, shortened in proportion to the distance from the fold,
    where the equation is singular beside the mesh poles.
    """
    stages, level_of = _stages(levels)
    steps = np.diff(stages)
    nodes = np.stack([stages[:-1], stages[:-1] + 0.5 * steps, stages[1:]], axis=1)
    minor2 = _value(nodes, axes.minor) ** 2
    focal = _value(nodes, axes.focal)
    slope = _value(nodes, _derivative(axes.focal))
    state = np.zeros((2, cos2.size))
    results = np.zeros((stages.size, 2, cos2.size))
    for n, step in enumerate(steps):
        terms = list(zip(minor2[n], focal[n], slope[n], strict=True))
        first = _rates(state, terms[0], cos2, sin2)
        second = _rates(state + 0.5 * step * first, terms[1], cos2, sin2)
        third = _rates(state + 0.5 * step * second, terms[1], cos2, sin2)
        fourth = _rates(state + step * third, terms[2], cos2, sin2)
        state = state + step / 6.0 * (first + 2.0 * (second + third) + fourth)
        results[n + 1] = state
    at_levels = results[level_of]
    return at_levels[:, 0], at_levels[:, 1]


def _stages(levels: FloatArray) -> tuple[FloatArray, IntArray]:
    """Stages to step through, and which of them are the levels."""
    stages = [0.0]
    level_of = [0]
    for level in np.minimum(levels[1:], _LAST_STAGE):
        while stages[-1] < level:
            step = _STEP_SHARE * (1.0 - stages[-1])
            near = stages[-1] + 1.2 * step >= level
            stages.append(float(level) if near else stages[-1] + step)
        level_of.append(len(stages) - 1)
    return np.array(stages), np.array(level_of, dtype=np.int32)


def _rates(
    state: FloatArray, terms: tuple[float, float, float], cos2: FloatArray, sin2: FloatArray
) -> FloatArray:
    """Give the derivatives of turn and spread by the stage, (2, angles)."""
    minor2, focal, focal_slope = terms
    weighted = sin2 * np.exp(state[0])
    norm = cos2 + weighted
    sine2 = weighted / norm
    width2 = minor2 + focal * sine2
    rate = focal_slope / width2
    return np.stack([rate, -rate * focal * sine2 * cos2 / norm / width2])
