"""docs/settings.md has the variables that the code reads, no others, and their defaults."""

import re

from climate_simulation_platform.settings import VARIABLES, Settings
from tests.reference import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


class Recording(dict[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self) -> None:
        super().__init__(SECRET_KEY="s" * 32)
        self.asked: set[str] = set()

    def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
        self.asked.add(key)
        return super().get(key, default)


def test_the_table_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`)? ?\| (.*) \|$", PAGE, flags=re.MULTILINE)
    assert rows == [(v.name, v.default, v.meaning) for v in VARIABLES]


def test_the_code_reads_every_variable_and_no_other() -> None:
    environment = Recording()
    Settings.from_env(environment, embedded=False)
    assert environment.asked == {variable.name for variable in VARIABLES}


def test_no_other_module_of_the_platform_reads_a_variable_of_ours() -> None:
    names = "|".join(variable.name for variable in VARIABLES)
    package = ROOT / "Multi_Page_WebApp" / "flask_app" / "climate_simulation_platform"
    for module in package.rglob("*.py"):
        if module.name != "settings.py":
            found = re.findall(rf"environ(?:\.get\(|\[)\"({names})\"", module.read_text("utf-8"))
            assert found == [], module
