"""What the server's push path and the field client's command line need must not load the geometry libraries."""

import subprocess
import sys
from importlib.resources import files

PROGRAM = """
import sys
import grid_map, grid_map.divisions, grid_map.visit_classes, grid_map.counting, grid_map.pace, grid_map.coverage
import grid_map.month_closing, grid_map.coordinates, grid_map.walking_order
print([name for name in ("shapely", "geopy", "numpy") if name in sys.modules])
"""


def test_counting_loads_no_geometry_library() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_data_files_come_with_the_package() -> None:
    names = {entry.name for entry in (files("grid_map") / "data").iterdir()}
    assert {"haining_divisions.tsv", "visit_classes.json"} <= names
