"""The steps as files see them: load, compute, save whole or not at all, say where it came from."""

from climpy.steps.definitions import DEFINITIONS
from climpy.steps.running import StepResult, output_names, parameters_of, run_step

STEPS = tuple(DEFINITIONS)
"""Names of all steps that compute."""

__all__ = ["STEPS", "StepResult", "output_names", "parameters_of", "run_step"]
