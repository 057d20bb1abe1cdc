"""`run`: the whole workflow, from one topography to the folder of boundary conditions."""

import json
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from climate_simulation_platform.commands.console import Console, reporting
from climate_simulation_platform.commands.look import understood_lines
from climate_simulation_platform.constants import ORDER

FILE = click.Path(path_type=Path)


@click.command(
    short_help="Everything: from one topography to all files.",
    epilog="""\b
Examples:
  climate-sim run TOPO.nc --out boundary_conditions
  climate-sim run TOPO.nc --out results --coords COORDS.nc --config steps.yaml --precision float32
  climate-sim run TOPO.nc --out results --biomes BIOME4.nc

Reads TOPO.nc, any global topography. Writes into the folder OUT:
  regrid.nc coords.nc routing.nc bathy.nc soils.nc topo_high_res.nc pft.nc heatflow.nc ahmcoef.nc
  sub_basins.nc   for the model
  weights.tar.gz  with --engine: the coupler's weights
  report.json     checks, figures, versions, checksums, what was understood of the input
  overview.png    a map of every product""",
)
@click.argument("topo", type=FILE)
@click.option("--out", type=FILE, required=True, help="Folder for the results; made if not there.")
@click.option(
    "--topo-var", metavar="NAME", help="The topography, if the file holds several fields."
)
@click.option("--coords", type=FILE, help="Your own ocean grid, in place of one made for TOPO.")
@click.option("--biomes", type=FILE, help="Map of BIOME4 biomes, in place of plants by latitude.")
@click.option("--biome-var", metavar="NAME", help="The biomes, if their file holds several fields.")
@click.option(
    "--engine",
    type=click.Choice(["mosaic", "mosaix"]),
    help="Make the coupler's weights too, with this engine.",
)
@click.option("--config", type=FILE, help="Parameters of the steps, in YAML.")
@click.option(
    "--precision",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="Type of real numbers in the model's files.",
)
@click.option("--force", is_flag=True, help="Replace files of the same names in OUT.")
@reporting
def run(console: Console, topo: Path, out: Path, force: bool, **options: Any) -> None:
    """Make all boundary conditions of the topography TOPO.

    The topography is put on the model's 1-degree grid, an ocean grid with its poles on land is made
    for it (or yours is taken), rivers are routed, and everything else follows. All files appear
    together at the end, or none.
    """
    from climate_simulation_platform.commands.folders import filled_together, refuse_replacing

    workflow = _workflow(console, topo, **options)
    read = [topo, *(options[name] for name in ("coords", "biomes", "config") if options[name])]
    refuse_replacing((out / name for name in workflow.output_names()), read)
    with filled_together(out, force=force) as folder:
        report = workflow.run(folder)
    report["folder"] = str(out)
    names = ", ".join(report["files"])
    console.result(report, [f"Wrote {names} and report.json into {out}."])


def _workflow(
    console: Console,
    topo: Path,
    *,
    coords: Path | None,
    biomes: Path | None,
    config: Path | None,
    topo_var: str | None,
    biome_var: str | None,
    engine: str | None,
    precision: str,
) -> "Workflow":
    """Check the parameters before anything is computed."""
    from climate_simulation_platform.commands.configuration import read_configuration
    from climpy.steps import STEPS, parameters_of

    sequence = ("regrid", "coords", *(name for name in ORDER if name in STEPS and name != "regrid"))
    given = read_configuration(config, sequence) if config else {}
    if engine is None:
        sequence = tuple(step for step in sequence if step != "calculate_weights")
    options = (
        ("regrid", "topo_var", topo_var),
        ("pft", "biome_var", biome_var),
        ("calculate_weights", "engine", engine),
    )
    for step, name, value in options:
        if value:
            given[step] = {**given.get(step, {}), name: value}
    for step in sequence:
        parameters_of(step, given.get(step, {}))
    own = {
        step: {file_type: path}
        for step, file_type, path in (("coords", "coords", coords), ("pft", "biomes", biomes))
        if path
    }
    return Workflow(console, topo, own, sequence, given, precision)


@dataclass
class Workflow:
    """The steps of one run, and what is known of them so far.

    Parameters
    ----------
    console : Console
        Where progress is told.
    topo : Path
        The user's topography.
    own : mapping of step to mapping of file type to Path
        What else is the user's own: an ocean grid, a map of biomes.
    sequence : sequence of str
        Steps in their order.
    given : mapping
        Parameters by step.
    precision : str
        Type of real numbers in the model's files.
    """

    console: Console
    topo: Path
    own: Mapping[str, Mapping[str, Path]]
    sequence: Sequence[str]
    given: Mapping[str, Mapping[str, Any]]
    precision: str
    files: dict[str, Path] = field(default_factory=dict)
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def output_names(self) -> list[str]:
        """Names of all files that are written."""
        from climpy.steps import output_names

        products = [name for step in self.sequence for name in output_names(step)]
        return [*products, "report.json", "overview.png"]

    def run(self, folder: Path) -> dict[str, Any]:
        """Do all steps, the checks and the picture into a folder; give the report."""
        start = time.perf_counter()
        self.files = {"raw": self.topo}
        for number, step in enumerate(self.sequence, start=1):
            self._step(step, number, folder)
        total = len(self.sequence) + 2
        checks = self._check(total)
        with self.console.step("overview", total, total):
            self._draw(folder)
        report = self._report(checks, folder)
        report["seconds"]["total"] = round(time.perf_counter() - start, 4)
        self._save(report, folder)
        return report

    def _step(self, step: str, number: int, folder: Path) -> None:
        from climpy.steps import run_step

        inputs = {**self.files, **self.own.get(step, {})}
        with self.console.step(step, number, len(self.sequence) + 2):
            result = run_step(
                step, inputs, self.given.get(step, {}), folder, precision=self.precision
            )
        self.files.update(result.files)
        self.done[step] = {"parameters": result.parameters, "figures": dict(result.figures)}
        if step == "regrid":
            for line in understood_lines(result.figures["understood"]):
                self.console.say(f"        {line}")
        self._warn(result.figures.get("warnings", ()))

    def _check(self, total: int) -> dict[str, Any]:
        from climpy.steps.checking import check_all

        with self.console.step("checks", total - 1, total):
            checks = check_all(self.files["raw"], self.files["bathy"], self.files["coords"])
        self._warn(checks["warnings"])
        return checks

    def _warn(self, sentences: Sequence[str]) -> None:
        self.console.warn(sentences)
        self.warnings.extend(sentences)

    def _draw(self, folder: Path) -> None:
        from climpy.io import read
        from climpy.pictures.overview import overview
        from climpy.steps.provenance import versions

        contents = {
            "regrid" if name == "raw" else name: read(path)
            for name, path in self.files.items()
            if name != "weights"
        }
        software = ", ".join(f"{name} {number}" for name, number in versions().items())
        note = f"{self.topo.name} · {datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {software}"
        title = f"Boundary conditions from {self.topo.name}"
        overview(contents, folder / "overview.png", title, note)

    def _report(self, checks: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """Put together what report.json says."""
        from importlib.metadata import version

        from climpy.steps.provenance import checksum, versions

        regrid = self.done["regrid"]["figures"]
        sources = [self.topo, *(path for files in self.own.values() for path in files.values())]
        made = sorted(file for file in folder.iterdir() if file.is_file())
        return {
            "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "versions": {
                "climate-simulation-platform": version("climate-simulation-platform"),
                **versions(),
                "python": platform.python_version(),
                "machine": platform.platform(),
            },
            "inputs": {path.name: _file_facts(path, checksum(path)) for path in sources},
            "understood": regrid.pop("understood"),
            "precision": self.precision,
            "steps": self.done,
            "checks": checks,
            "warnings": self.warnings,
            "files": {path.name: _file_facts(path, checksum(path)) for path in made},
            "seconds": dict(self.console.seconds),
        }

    def _save(self, report: Mapping[str, Any], folder: Path) -> None:
        from climpy.io import whole_file

        with whole_file(folder / "report.json") as temporary:
            temporary.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _file_facts(path: Path, sha256: str) -> dict[str, Any]:
    return {"sha256": sha256, "bytes": path.stat().st_size}
