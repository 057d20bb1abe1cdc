"""What steps, files, states and parameters are called on pages and in sentences."""

from typing import NamedTuple

from climate_simulation_platform.constants import FileType, Worker
from climate_simulation_platform.records import Status

STEP_TITLES = {
    "regrid": "Regrid",
    "internal_oceans": "Internal oceans",
    "routing": "Routing",
    "pft": "Vegetation",
    "passage_problems": "Passage problems",
    "subbasins": "Sub basins",
    "heatflow": "Heat flow",
    "ahmcoef": "Viscosity",
    "calculate_weights": "Coupling weights",
}
"""Title of each step."""

STEP_LINES = {
    "regrid": "Puts the topography on the grid that all later steps work on.",
    "internal_oceans": "Seas without a way to the ocean, and the rules of the poles.",
    "routing": "Fills depressions, lets rivers run to the sea, makes ocean grid and bathymetry.",
    "pft": "Shares of thirteen plant types on land, by latitude.",
    "passage_problems": "Straits one cell wide, through which the ocean model lets nothing flow.",
    "subbasins": "Tells the Atlantic, Pacific and Indian Ocean apart.",
    "heatflow": "Heat that enters the ocean through its floor, from the floor's age.",
    "ahmcoef": "Where the ocean model keeps its lateral viscosity high in the tropics.",
    "calculate_weights": "Weights with which atmosphere and ocean exchange fluxes.",
}
"""What each step does, in one line."""

FILE_TITLES = {
    FileType.RAW: "Topography",
    FileType.COORDS: "Ocean grid",
    FileType.ROUTING: "River routing",
    FileType.BATHY: "Bathymetry",
    FileType.SOILS: "Soils",
    FileType.TOPO_HIGH_RES: "Relief",
    FileType.PFT: "Vegetation",
    FileType.SUB_BASINS: "Ocean basins",
    FileType.HEATFLOW: "Heat flow",
    FileType.AHMCOEF: "Viscosity",
    FileType.WEIGHTS: "Coupling weights",
}
"""Title of each file."""

STATUS_WORDS = {
    Status.NEVER: "Never run",
    Status.NEEDS_YOU: "Needs you",
    Status.QUEUED: "Queued",
    Status.RUNNING: "Running",
    Status.UP_TO_DATE: "Up to date",
    Status.REVIEW: "To review",
    Status.OUT_OF_DATE: "Out of date",
    Status.FAILED: "Failed",
}
"""State of a step in a word or two."""

WORKER_TITLES = {
    Worker.PYTHON: "computed here",
    Worker.PANEL: "a person looks",
    Worker.MOSAIC: "the program mosaic",
    Worker.MOSAIX: "the program mosaix",
}
"""Who does a step."""


EDITOR_LINES = {
    "internal_oceans": "Each sea has its number, size and place: fill it, open a way, or keep it. "
    "A click repairs what the poles need.",
    "passage_problems": "Each strait through which nothing flows and each enclosed sea can be "
    "widened, closed, or marked as intended.",
    "subbasins": "Paint 1 Atlantic, 2 Pacific, 3 Indian on ocean cells.",
}
"""What can be done in the editor of each step that a person does."""

REPLAY_TITLE = "Repeat my edits by themselves when the input changes, then ask me to review"
REPLAY_HINT = (
    "What you saved here is done again on the new input, so that later steps go on with it; "
    "the step then waits until you have looked at the result."
)
"""The choice that a person has about the edits of a step."""


class Source(NamedTuple):
    """Where a method was published."""

    text: str
    doi: str


class Parameter(NamedTuple):
    """A parameter as its form speaks of it.

    Parameters
    ----------
    said : str
        How a list of runs names its value; where empty, title and value.
    """

    title: str
    hint: str = ""
    unit: str = ""
    said: str = ""


class Choice(NamedTuple):
    """A value that a parameter can have."""

    title: str
    hint: str = ""


SOURCES = {
    "regrid": (
        Source(
            "Area means: Jones 1999, Monthly Weather Review 127",
            "10.1175/1520-0493(1999)127<2204:FASOCR>2.0.CO;2",
        ),
    ),
    "internal_oceans": (
        Source(
            "Rules of the ocean configuration: Sepulchre et al. 2020", "10.5194/gmd-13-3011-2020"
        ),
        Source("Connected components: Tarjan 1975", "10.1145/321879.321884"),
    ),
    "routing": (
        Source("Directions: Oki and Sud 1998", "10.1175/1087-3562(1998)002"),
        Source("Retention times: Vörösmarty et al. 2000", "10.1016/S0022-1694(00)00282-1"),
        Source("Depressions: Barnes et al. 2014", "10.1016/j.cageo.2013.04.024"),
        Source("Ocean grid: Madec and Imbard 1996", "10.1007/BF00211684"),
    ),
    "pft": (
        Source("Default bands: Herold et al. 2014", "10.5194/gmd-7-2077-2014"),
        Source("Default bands: Lunt et al. 2017", "10.5194/gmd-10-889-2017"),
    ),
    "passage_problems": (
        Source("Ocean configuration: Sepulchre et al. 2020", "10.5194/gmd-13-3011-2020"),
    ),
    "subbasins": (),
    "heatflow": (Source("Stein and Stein 1992", "10.1038/359123a0"),),
    "ahmcoef": (Source("Ocean configuration: Sepulchre et al. 2020", "10.5194/gmd-13-3011-2020"),),
    "calculate_weights": (),
}
"""References of each step; they stand on the pages of docs/steps as well."""

PARAMETERS: dict[str, dict[str, Parameter]] = {
    "regrid": {
        "dlat": Parameter(
            "Step in latitude", "Must divide 180 into whole rows.", "degrees", "{}° in latitude"
        ),
        "dlon": Parameter(
            "Step in longitude",
            "Must divide 360 into whole columns.",
            "degrees",
            "{}° in longitude",
        ),
        "method": Parameter("Method", said="{}"),
        "limits": Parameter("Where the longitudes begin", said="longitudes begin {}"),
        "topo_var": Parameter(
            "Variable", "The file holds several fields; which one is the topography?"
        ),
    },
    "routing": {
        "topo_var": Parameter(
            "Variable", "The file holds several fields; which one is the topography?"
        ),
        "drop_per_distance": Parameter(
            "Choose the steepest way by the drop per distance",
            "The published method compares drops alone, which favours diagonals; "
            "this changes about two fifths of the directions.",
            said="steepest way by the drop per distance",
        ),
        "closed_basins": Parameter(
            "Seas without a way to the ocean",
            "They are filled with land unless they are kept as closed basins.",
            said="enclosed seas: {}",
        ),
        "bathymetry_method": Parameter("Depth of an ocean cell", said="depths: {}"),
        "minimum_ocean_fraction": Parameter(
            "Least share of ocean in an ocean cell",
            "From 0 to 1; used with the mean depth only.",
            said="ocean from a share of {} on",
        ),
        "coordinates": Parameter("Ocean grid", said="ocean grid: {}"),
        "pole_longitude": Parameter(
            "Longitude of the first pole",
            "The second lies half a turn away on the same latitude.",
            "degrees east",
            "first pole at {}° E",
        ),
        "pole_latitude": Parameter(
            "Latitude of both poles", "From 45 to 75.", "degrees north", "poles at {}° N"
        ),
        "refinement": Parameter(
            "Refinement",
            "1 gives the two-degree grid, 2 a one-degree grid, up to 8.",
            said="refined {} times",
        ),
    },
    "pft": {
        "bands": Parameter(
            "Latitude bands", "The same on both hemispheres.", said="{} latitude bands"
        )
    },
    "subbasins": {"method": Parameter("How the first proposal is made", said="proposal: {}")},
    "heatflow": {"method": Parameter("Method", said="{}")},
    "ahmcoef": {},
    "calculate_weights": {
        "engine": Parameter("Engine", said="engine {}"),
        "atmosphere": Parameter(
            "Grid of the atmosphere", "Columns x intervals in latitude of LMDZ.", said="LMDZ {}"
        ),
        "simulation": Parameter(
            "Name of the simulation", "Part of the folders' names.", said="simulation {}"
        ),
        "ocean_name": Parameter(
            "Name of the ocean configuration", "Part of them too.", said="ocean {}"
        ),
        "lose_no_water": Parameter(
            "Rivers from everywhere reach the sea",
            "Without it, land far from any coast sends its water nowhere, as in the files "
            "published so far.",
            said="all rivers reach the sea",
        ),
        "spread_rivers_km": Parameter(
            "Spread a river along the coast",
            "Over the coastal points so near to its mouth, at most 5000 km; 0: all at the mouth.",
            "km",
            "rivers spread over {} km",
        ),
        "no_ice_in": Parameter(
            "Basins that icebergs do not reach",
            "Their ice melts in the rest of the same band of latitudes.",
            said="no icebergs in {}",
        ),
    },
}
"""Every parameter that a form offers."""

CHOICES: dict[str, dict[str, dict[str, Choice]]] = {
    "regrid": {
        "method": {
            "bilinear": Choice(
                "Bilinear", "Between the four cell centres around; good for similar grids."
            ),
            "nearest": Choice(
                "Nearest", "Value of the nearest cell centre; keeps codes and cliffs as they are."
            ),
            "conservative": Choice(
                "Conservative", "Mean over the cell's area; best from much finer data."
            ),
        },
        "limits": {
            "default": Choice("At 180 W", "Longitudes from -180 to 180."),
            "data": Choice("Where the data begin", "From the western edge of the data's cells."),
        },
    },
    "routing": {
        "closed_basins": {
            "none": Choice("Fill all of them", "Every river ends in the ocean."),
            "all": Choice("Keep all of them", "Each stays a basin without an outlet."),
            "list": Choice("Keep those named here", "Each by a place that lies in it."),
        },
        "bathymetry_method": {
            "nearest": Choice("Height at its centre", "As in the files published so far."),
            "mean": Choice("Mean over the cell", "Of the part of the cell that is ocean."),
        },
        "coordinates": {
            "generated": Choice(
                "Made for this topography",
                "Poles are put on land, as far from the sea as they can be; an earlier grid stays "
                "as long as its poles lie on land.",
            ),
            "given": Choice("Made with poles of your own", "Both must lie on land."),
            "uploaded": Choice("The uploaded one", "The newest ocean grid that was uploaded."),
        },
    },
    "subbasins": {
        "method": {
            "thirds": Choice("Thirds", "Pacific, Atlantic and Indian are thirds of the columns."),
            "connected": Choice("Connected", "Cut along the three meridians that cross most land."),
        }
    },
    "heatflow": {
        "method": {
            "reference": Choice(
                "Reference", "490 divided by the root of the age, at all ages; as published so far."
            ),
            "gdh1": Choice("GDH1", "The plate model of Stein and Stein, flatter on old floor."),
        }
    },
    "calculate_weights": {
        "engine": {
            "mosaic": Choice(
                "mosaic",
                "The classic set of IPSL-CM5A2, as published so far, by our Fortran program.",
            ),
            "mosaix": Choice(
                "mosaix",
                "The newer set by the library YAC, with second order for the wind stress.",
            ),
        },
        "atmosphere": {
            "96x95": Choice("96 x 95", "IPSL-CM5A2; 3.75 by 1.9 degrees."),
            "144x142": Choice("144 x 142", "2.5 by 1.3 degrees."),
        },
        "no_ice_in": {
            "atlantic": Choice("Atlantic"),
            "pacific": Choice("Pacific"),
            "indian": Choice("Indian Ocean"),
        },
    },
}
"""Values of parameters that are chosen from a list."""


def the_file(file_type: FileType) -> str:
    """The file as a sentence speaks of it."""
    return f"the {FILE_TITLES[file_type].lower()}"


def listed(names: list[str]) -> str:
    """Names as in one, two and three."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
