"""Compare with the reference results and rewrite docs/agreement.md."""

import sys

from benchmarks.agreement import page
from benchmarks.agreement.reference import DATA, ROOT, present

PAGE = ROOT / "docs" / "agreement.md"


def main() -> None:
    """Compare, and write the page."""
    if not present():
        print(f"There is no reference data in ../shared/data ({DATA}); {PAGE.name} stays as it is.")
        return
    sections = page.rows()
    PAGE.write_text(page.page(sections), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))
    if any(row.unexplained for section in sections for row in section):
        sys.exit("Some differences have no cause: see the last column.")


if __name__ == "__main__":
    main()
