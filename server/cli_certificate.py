"""`allpost-server certificate`: TLS for phones on the same Wi-Fi."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from server.certificate import write_certificates
from server.cli_messages import mistakes_told, say
from server.settings import load_settings


@mistakes_told
def certificate(
    host: Annotated[
        list[str], typer.Option(help="服务器的 IP 地址或主机名，可多次给出 / IP address or name, repeatable")
    ],
    data: Annotated[Path | None, typer.Option(help="数据文件夹 / data folder")] = None,
) -> None:
    """生成本地证书，供手机访问 / make a certificate for phones on the same network."""
    written = write_certificates(load_settings(data=data).data / "tls", host, datetime.now(UTC))
    if written.authority_made:
        say(
            f"请在每部手机上安装并信任根证书 / install and trust this root on each phone: {written.authority}"
        )
    else:
        say("沿用已有的根证书，手机无需重新安装 / the root is unchanged, phones need nothing new")
    say(
        "启动服务 / serve with:\n"
        f"  allpost-server run --host 0.0.0.0 --certificate {written.certificate} --key {written.key}"
    )
