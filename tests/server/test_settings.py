"""Settings come from options, environment, file, defaults, in this order; all mistakes are told at once."""

import ast
from datetime import time
from pathlib import Path

import pytest

from server.settings import PREFIX, Settings, SettingsError, load_settings
from sync.protocol import OUTCOMES_PAGE_MAX

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def test_defaults_are_those_of_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert settings.lease_working_days == 3 and settings.report_after == time(17, 0)
    assert settings.batch_operations_max == 500 and settings.batch_bytes_max == 1_048_576
    assert settings.outcomes_page_max == OUTCOMES_PAGE_MAX
    assert settings.loopback_only and not settings.allow_demonstration_accounts


def test_option_over_environment_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "allpost.toml"
    file.write_text('port = 1001\nlease_working_days = 5\nreport_after = "16:30"\ndata = "/srv/allpost"\n')
    monkeypatch.setenv("ALLPOST_SETTINGS", str(file))
    monkeypatch.setenv("ALLPOST_PORT", "1002")
    settings = load_settings(host="0.0.0.0", certificate=None)
    assert (settings.port, settings.lease_working_days) == (1002, 5)
    assert settings.report_after == time(16, 30)
    assert settings.database_path == Path("/srv/allpost/allpost.db")
    assert load_settings(port=1003).port == 1003
    assert not settings.loopback_only


def test_all_mistakes_are_told_at_once_with_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLPOST_PORT", "high")
    monkeypatch.setenv("ALLPOST_LOG_LEVEL", "loud")
    with pytest.raises(SettingsError) as caught:
        load_settings(lease_working_days=0)
    lines = str(caught.value).splitlines()
    assert [line.split("（")[0] for line in lines] == ["port", "log_level", "lease_working_days"]
    assert "监听端口" in lines[0] and "'high'" in lines[0]


def test_a_misspelt_variable_or_file_entry_is_not_silently_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "allpost.toml"
    file.write_text("prot = 1\n")
    monkeypatch.setenv("ALLPOST_SETTINGS", str(file))
    with pytest.raises(SettingsError, match="prot"):
        load_settings()
    monkeypatch.setenv("ALLPOST_HOTS", "x")
    with pytest.raises(SettingsError, match="ALLPOST_HOTS"):
        load_settings()


def test_a_missing_or_broken_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "allpost.toml"
    monkeypatch.setenv("ALLPOST_SETTINGS", str(file))
    with pytest.raises(SettingsError, match="找不到设置文件"):
        load_settings()
    file.write_text("port = = 1")
    with pytest.raises(SettingsError, match="无法读取"):
        load_settings()


def test_certificate_and_key_belong_together(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="together"):
        load_settings(certificate=tmp_path / "c.pem")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)],
)
def test_what_counts_as_loopback(host: str, loopback: bool) -> None:
    assert load_settings(host=host).loopback_only is loopback


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_is_documented_with_its_default(name: str) -> None:
    row = next((line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")), None)
    assert row, f"docs/settings.md does not name {name}"
    default = Settings.model_fields[name].default
    shown = {True: "true", False: "false", None: "—"}.get(default) if default in (True, False, None) else None
    shown = shown or (f"{default:%H:%M}" if isinstance(default, time) else str(default))
    assert f"`{PREFIX}{name.upper()}`" in row and f"| {shown} |" in row


def attributes_of_settings() -> set[str]:
    """What the server's modules but the settings' own read as `settings.…` or `….settings.…`."""
    nodes = [
        node
        for file in (ROOT / "server").rglob("*.py")
        if file.name != "settings.py"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    ]
    read = [node for node in nodes if isinstance(node, ast.Attribute)]
    return {node.attr for node in read if ast.unparse(node.value).rpartition(".")[2] == "settings"}


def test_each_setting_is_read_somewhere() -> None:
    assert Settings.model_fields.keys() - attributes_of_settings() == set()


def test_the_field_clients_variables_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLPOST_FIELD_DATA", "phone.db")
    assert load_settings().port == 8000
