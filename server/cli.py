"""`allpost-server`: the server's commands. Each says in one line what is wrong, in Chinese first."""

from pathlib import Path
from typing import Annotated

import typer

from server.cli_accounts import account
from server.cli_backup import backup, restore_command
from server.cli_catalogue import catalogue
from server.cli_certificate import certificate
from server.cli_check import check
from server.cli_demo import demo_city, ensure_demo, tell_accounts
from server.cli_devices import device
from server.cli_erase import erase_resident
from server.cli_keys import keys
from server.cli_messages import mistakes_told, say
from server.cli_reconcile import reconcile
from server.cli_rescue import rescue
from server.cli_usage import ChineseGroup
from server.data_folder import open_data
from server.serve import serve
from server.settings import load_settings

app = typer.Typer(
    help="全岗通服务器 / the All-Post server",
    cls=ChineseGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(account, name="account")
app.add_typer(device, name="device")
app.add_typer(catalogue, name="catalogue")
app.add_typer(keys, name="keys")
app.command("rescue")(rescue)
app.command("reconcile")(reconcile)
app.command("backup")(backup)
app.command("restore")(restore_command)
app.command("certificate")(certificate)
app.command("check")(check)
app.command("erase")(erase_resident)
app.command("demo-city")(demo_city)

Data = Annotated[Path | None, typer.Option(help="数据文件夹 / data folder")]


@app.command()
@mistakes_told
def run(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="监听地址 / address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="监听端口 / port")] = None,
    certificate: Annotated[Path | None, typer.Option(help="TLS 证书 / TLS certificate (PEM)")] = None,
    key: Annotated[Path | None, typer.Option(help="TLS 私钥 / TLS private key (PEM)")] = None,
    demo: Annotated[
        str | None, typer.Option(help="空文件夹时先建演示城市 / demonstration city: village, town, city")
    ] = None,
) -> None:
    """启动服务 / serve; an empty data folder is made ready first."""
    settings = load_settings(data=data, host=host, port=port, certificate=certificate, key=key)
    store, keys = open_data(settings, exclusive=True)
    if demo is not None:
        try:
            ensure_demo(settings, store, keys, demo)
        except BaseException:
            store.close()
            raise
        tell_accounts(settings, demo)
    scheme = "https" if settings.certificate else "http"
    address = f"{scheme}://{settings.host}:{settings.port}"
    serve(
        settings, store, keys, lambda: say(f"全岗通服务地址 / serving on {address} （Ctrl-C 停止 / stops）")
    )


@app.command()
@mistakes_told
def init(data: Data = None) -> None:
    """建立数据文件夹：数据库与密钥 / make the data folder: database and keys."""
    settings = load_settings(data=data)
    store, _ = open_data(settings, exclusive=False)
    store.close()
    say(
        f"数据文件夹已就绪 / ready: {settings.data}\n"
        f"请另行备份密钥文件 {settings.keys_path}：丢失后数据无法解密 / back up the keys: without them the data is lost"
    )
