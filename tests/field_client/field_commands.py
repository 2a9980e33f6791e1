"""The commands as a worker gives them, on one file, against a tiny village."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from field_client.cli import app
from tests.field_client.field_world import Network, TestTimes
from tests.server.sync_village import TinyVillage


class Commands:
    """Runs commands on one file, each as a process would: the device is opened and closed."""

    def __init__(self, village: TinyVillage, path: Path) -> None:
        self.path = path
        self.network = Network(village.client._transport)
        self.times = TestTimes(lambda: village.now_ms)

    def __call__(self, *arguments: str, json_: bool = False, english: bool = False) -> Result:
        options = [
            "--data",
            str(self.path),
            *(["--json"] if json_ else []),
            *(["--lang", "en"] if english else []),
        ]
        result = CliRunner().invoke(app, [*options, *arguments], catch_exceptions=True)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def json(self, *arguments: str) -> Any:
        result = self(*arguments, json_=True)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)
