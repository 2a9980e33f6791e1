"""The phone app's types of the wire are those of the server's description (`test_app_data` sees to that one)."""

from __future__ import annotations

import subprocess
from pathlib import Path

APP = Path(__file__).parents[2] / "field_client" / "app"
WIRE = APP / "src" / "engine" / "wire"
GENERATOR = APP / "node_modules" / ".bin" / "openapi-typescript"
AGAIN = "npx openapi-typescript src/engine/wire/openapi.json -o src/engine/wire/api.d.ts --default-non-nullable=false"


def test_the_apps_types_are_the_servers(tmp_path: Path) -> None:
    assert GENERATOR.exists(), "the app's packages are not installed: make app"
    written = tmp_path / "api.d.ts"
    subprocess.run(
        [GENERATOR, WIRE / "openapi.json", "-o", written, "--default-non-nullable=false"],
        cwd=APP,
        check=True,
        capture_output=True,
        timeout=60,
    )
    stored = (WIRE / "api.d.ts").read_text(encoding="utf-8")
    assert written.read_text(encoding="utf-8") == stored, f"in field_client/app: {AGAIN}"
