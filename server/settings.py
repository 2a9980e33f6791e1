"""Every setting of the server: environment variables `ALLPOST_…` over a TOML file over the defaults here.

docs/settings.md names each one; a test keeps the page and this class together. A rule marked [assumed] there
is a reading of practice and no fact: a city sets its own.
"""

import ipaddress
import os
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX = "ALLPOST_"
FIELD_PREFIX = "ALLPOST_FIELD_"  # the field client's, which may run on the same machine
FILE_VARIABLE = "ALLPOST_SETTINGS"

Count = Annotated[int, Field(ge=1)]


class SettingsError(Exception):
    """The settings cannot be used; the message lists all mistakes, one a line."""


class Settings(BaseSettings):
    """The server's settings, checked. Made by `load_settings` only, which explains mistakes to a person."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True)

    data: Path = Field(Path("data"), title="数据文件夹")
    host: str = Field("127.0.0.1", title="监听地址")
    port: int = Field(8000, ge=1, le=65535, title="监听端口")
    certificate: Path | None = Field(None, title="TLS 证书文件")
    key: Path | None = Field(None, title="TLS 私钥文件")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", title="日志级别")
    log_format: Literal["json", "console"] = Field("json", title="日志格式")
    stop_seconds_max: Count = Field(20, title="停止时等待未完请求的秒数")
    readers: Count = Field(2, title="数据库读取线程数")
    allow_demonstration_accounts: bool = Field(False, title="允许演示账号在非本机地址使用")

    cipher: Literal["aes-256-gcm", "sm4-ctr-hmac-sm3"] = Field("aes-256-gcm", title="静态数据加密算法")

    app: Path | None = Field(None, title="手机应用文件夹")
    tile_url: str | None = Field(None, title="底图瓦片地址")
    tile_attribution: str | None = Field(None, title="底图署名")
    tile_system: Literal["wgs84", "gcj02"] = Field("wgs84", title="底图坐标系")

    batch_operations_max: Count = Field(500, title="一次上报的操作数上限")
    batch_bytes_max: Count = Field(1024 * 1024, title="一次上报解压后的字节数上限")
    changes_page_records_max: Count = Field(1000, title="变更页的记录数上限")
    outcomes_page_max: Count = Field(1000, title="一次回复的处理结果数上限")
    lease_working_days: Count = Field(3, title="设备离线可读的工作日数")
    file_bytes_max: Count = Field(8 * 1024 * 1024, title="一个文件的字节数上限")
    rescue_bytes_max: Count = Field(256 * 1024 * 1024, title="一个救援文件的字节数上限")
    upload_hours: Count = Field(7 * 24, title="未传完的文件保留小时数")
    uploads_open_max: Count = Field(32, title="一台设备同时未传完的文件数上限")
    files_unnamed_days: Count = Field(90, title="没有记录提到的文件保留天数")
    files_free_bytes_min: Count = Field(64 * 1024 * 1024, title="为记录留出的磁盘字节数")
    report_after: time = Field(time(17, 0), title="当日签到状态的起算时刻")

    session_hours: Count = Field(12, title="网页登录有效小时数")
    sign_in_failures_max: Count = Field(5, title="连续登录失败几次后需等待")
    sign_in_wait_seconds: Count = Field(30, title="首次等待秒数（此后加倍）")
    sign_in_wait_seconds_max: Count = Field(900, title="等待秒数上限")
    password_length_min: Count = Field(10, title="密码最短长度")
    password_memory_kib: int = Field(65536, ge=8, title="密码散列内存（KiB）")
    password_passes: Count = Field(3, title="密码散列遍数")

    month_closes_on_working_day: Count = Field(5, title="月度结账的次月工作日")
    pace_unit: Literal["round"] = Field("round", title="年度进度的计数单位")
    pace_rounds_a_year: Count = Field(180, title="每名工作者一年的走访轮次目标")

    @model_validator(mode="after")
    def _certificate_with_key(self) -> "Settings":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key are given together or not at all")
        return self

    @field_validator("tile_url")
    @classmethod
    def _tiles_have_places(cls, url: str | None) -> str | None:
        if url is None:
            return None
        if not url.startswith(("https://", "http://", "/")) or set(url) & set(" ;,'\""):
            raise ValueError("an address that begins with https://, http:// or /")
        if not all(part in url for part in ("{x}", "{y}", "{z}")):
            raise ValueError("the address has {x}, {y} and {z} where a tile's numbers go")
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get(FILE_VARIABLE)
        from_file = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        return (init_settings, env_settings, *from_file)

    @property
    def database_path(self) -> Path:
        return self.data / "allpost.db"

    @property
    def keys_path(self) -> Path:
        return self.data / "keys.json"

    @property
    def loopback_only(self) -> bool:
        """Whether the server can be reached from this computer only."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def load_settings(**given: object) -> Settings:
    """The settings; `given` (a command's options; None = not given) wins over environment and file.

    Raises SettingsError with all mistakes at once.
    """
    mistakes = _unknown_variables()
    file = os.environ.get(FILE_VARIABLE)
    if file and not Path(file).is_file():
        mistakes.append(f"{FILE_VARIABLE}：找不到设置文件 {file} / settings file not found")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError("\n".join(_explained(error))) from None
    except ValueError as error:  # the TOML itself
        raise SettingsError(f"{file}：设置文件无法读取 / cannot be read: {error}") from None


def _unknown_variables() -> list[str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {FILE_VARIABLE}
    return [
        f"{name}：没有这个设置，请核对拼写（见 docs/settings.md）/ no such setting"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and not name.startswith(FIELD_PREFIX) and name not in known
    ]


def _explained(error: ValidationError) -> list[str]:
    lines = []
    for mistake in error.errors():
        name = str(mistake["loc"][0]) if mistake["loc"] else ""
        field = Settings.model_fields.get(name)
        if field is None:
            lines.append(
                f"{name}：没有这个设置 / {mistake['msg']}" if name else f"设置不一致 / {mistake['msg']}"
            )
        else:
            lines.append(f"{name}（{field.title}）的值 {mistake['input']!r} 不正确 / {mistake['msg']}")
    return lines
