"""The steps as files see them: load, compute, save whole or not at all, say where it came from."""

from climpy.steps.checking import grid_still_on_land
from climpy.steps.definitions import DEFINITIONS
from climpy.steps.running import StepResult, output_names, parameters_of, run_step
from climpy.steps.setting import apply_choices

STEPS = tuple(DEFINITIONS)
"""Names of all steps that compute."""

__all__ = [
    "STEPS",
    "StepResult",
    "apply_choices",
    "grid_still_on_land",
    "output_names",
    "parameters_of",
    "run_step",
]
