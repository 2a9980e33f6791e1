"""households, due, ask."""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec
import typer

from field_client.cli.session import (
    app,
    console,
    field_values,
    one_line,
    opened,
    session,
    short_id,
    shortener,
    show,
    table,
)
from field_client.device import Device
from field_client.due import DueHousehold
from field_client.errors import Mistyped
from field_client.households import masked
from sync.field_labels import label_of
from sync.kinds import KINDS
from sync.record import Record

households = typer.Typer(help="户和居民 (households and residents)", no_args_is_help=True)
app.add_typer(households, name="households")
Fields = Annotated[list[str], typer.Argument(help="字段=值 (field=value)")]
STATUSES = {"present": "在住", "moved_out": "已迁出"}
Anyway = Annotated[
    bool, typer.Option("--anyway", help="有问题也照此登记，由服务器核定 (capture it as it is)")
]


def shown(record: Record) -> dict[str, Any]:
    """A record for scripts, identity numbers masked."""
    return {**msgspec.to_builtins(record), "values": masked(record)}


@households.command("search")
def search(
    query: Annotated[
        list[str] | None, typer.Argument(help="姓名、拼音首字母、门牌号、地址或电话尾号")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多几户")] = 50,
) -> None:
    """按姓名、拼音首字母、门牌号、地址或电话尾号查找户。 (By name, initials, house number, phone.)"""
    with opened() as device:
        found = device.households.search(" ".join(query or ()))

        def text() -> None:
            short = shortener(one.id for one in device.view.of_kind("household"))
            rows = [
                [str(one.values["name"]), str(one.values["address"]), str(one.grid), short(one.id)]
                for one in found[:limit]
            ]
            more = f"，显示前{limit}户，请写得更具体或加 --limit" if len(found) > limit else ""
            table(
                session.say(f"共{len(found)}户{more}", f"{len(found)} households"),
                ["户主", "地址", "网格", "编号"],
                rows,
                session.say("没有找到；换成姓名、拼音首字母、门牌号或电话尾号再试", "nothing found"),
            )

        show([shown(one) for one in found[:limit]], text)


@households.command("show")
def show_household(
    household: Annotated[str, typer.Argument(help="户的编号或查找词")],
    reveal: Annotated[bool, typer.Option("--reveal", help="显示完整证件号（会留下查看记录）")] = False,
    reason: Annotated[str, typer.Option("--reason", help="查看原因")] = "",
) -> None:
    """一户的情况和居民；证件号默认遮盖。 (A household and its residents; identity numbers masked.)"""
    with opened() as device:
        record = device.households.get(household)
        residents = device.households.residents(record.id)
        numbers = _revealed(device, residents, reason) if reveal else {}

        def text() -> None:
            console.print(f"[bold]{record.values['name']}[/bold]　{record.values['address']}")
            for field, value in masked(record).items():
                if field not in ("name", "address", "visit_class", "visit_class_reason", "tags"):
                    label = session.say(label_of(KINDS["household"], field), field)
                    console.print(f"  {label}：{_told(field, value)}", markup=False)
            short = shortener(one.id for one in device.view.of_kind("resident"))
            rows = []
            for one in residents:
                values = masked(one)
                number = numbers.get(one.id, values.get("identity_number", ""))
                rows.append(
                    [
                        *(str(values.get(key, "")) for key in ("name", "relation", "birth_date")),
                        str(number),
                        str(values.get("phone", "")),
                        short(one.id),
                    ]
                )
            table(session.say("居民", "residents"), ["姓名", "关系", "出生", "证件号", "电话", "编号"], rows)

        people = [shown(one) for one in residents]
        for one in people:
            if one["id"] in numbers:
                one["values"]["identity_number"] = numbers[one["id"]]
        show({"household": shown(record), "residents": people}, text)


def _told(field: str, value: Any) -> str:
    """A household's field, for people."""
    if field == "location" and isinstance(value, dict):
        made_up = (
            session.say("（演示位置）", " (demonstration)") if value.get("source") == "demonstration" else ""
        )
        return f"{value.get('longitude')},{value.get('latitude')}{made_up}"
    if field == "status" and not session.english:
        return STATUSES.get(str(value), str(value))
    return one_line(value)


def _revealed(device: Device, residents: list[Record], reason: str) -> dict[str, str]:
    """Full numbers; each look is an operation of its own."""
    with_number = [one for one in residents if one.values.get("identity_number")]
    return {one.id: device.households.reveal(one.id, reason).number for one in with_number}


@households.command("new")
def new(
    fields: Fields, village: Annotated[str | None, typer.Option("--village")] = None, anyway: Anyway = False
) -> None:
    """登记新的一户：name=… address=… grid=… (A household that was not known yet.)"""
    with opened() as device:
        where = village or device.village
        _captured(device.households.create(where, field_values("household", fields), anyway).record)


@households.command("change")
def change(household: str, fields: Fields, anyway: Anyway = False) -> None:
    """修改一户：字段=值，值留空即清除。 (Change fields of a household.)"""
    with opened() as device:
        record = device.households.get(household)
        _captured(device.households.change(record.id, field_values("household", fields), anyway).record)


@households.command("add-resident")
def add_resident(household: str, fields: Fields, anyway: Anyway = False) -> None:
    """给一户添加居民：name=… relation=… (A resident who was not known yet.)"""
    with opened() as device:
        record = device.households.get(household)
        _captured(device.households.add_resident(record.id, field_values("resident", fields), anyway).record)


@households.command("change-resident")
def change_resident(resident: str, fields: Fields, anyway: Anyway = False) -> None:
    """修改居民：字段=值。 (Change fields of a resident.)"""
    with opened() as device:
        _captured(
            device.households.change_resident(
                device.households.resident(resident).id, field_values("resident", fields), anyway
            ).record
        )


def _captured(record: str) -> None:
    show(
        {"record": record},
        lambda: console.print(
            session.say(f"已登记，待上报（编号 {short_id(record)}）", f"captured: {record}")
        ),
    )


@app.command()
def due(
    within: Annotated[int, typer.Option("--within", min=0, help="多少天内到期")] = 14,
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多几户")] = 20,
    start: Annotated[str | None, typer.Option("--from", help="出发位置 经度,纬度 (lon,lat)")] = None,
) -> None:
    """今天该走访的户，按步行顺序。 (Households due, in walking order.)"""
    with opened() as device:
        found = device.households.due(within, limit, _position(start))

        def text() -> None:
            short = shortener(one.id for one in device.view.of_kind("household"))
            rows = []
            for number, one in enumerate(found, start=1):
                values, late = one.household.values, session.say(" 逾期", " overdue") if one.overdue else ""
                who = str(values["name"]), str(values["address"])
                due_by = one.due.last_day.isoformat()
                rows.append([str(number), *who, one.due.reason, due_by + late, short(one.household.id)])
            table(
                session.say("走访顺序", "order of the round"),
                ["#", "户主", "地址", "事由", "最迟", "编号"],
                rows,
                session.say(f"{within}天内没有到期的户", f"nothing is due within {within} days"),
            )

        show([_due_row(one) for one in found], text)


def _due_row(one: DueHousehold) -> dict[str, Any]:
    values = one.household.values
    return {
        "household": one.household.id, "name": values["name"], "address": values["address"], "reason": one.due.reason,
        "last_day": one.due.last_day, "overdue": one.overdue, "last_counted": one.last_counted,
    }  # fmt: skip


def _position(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    lon, _, lat = text.replace("，", ",").partition(",")
    try:
        position = float(lon), float(lat)
    except ValueError:
        position = math.nan, math.nan
    if not (abs(position[0]) <= 180 and abs(position[1]) <= 90):
        raise Mistyped(
            f"位置应写作 经度,纬度，如 120.68,30.53，不是“{text}”",
            f"a position is written longitude,latitude, such as 120.68,30.53, not {text}",
        )
    return position


@app.command()
def ask(
    text: Annotated[str, typer.Argument(help="居民问到、目录里没有的事")],
    household: Annotated[str | None, typer.Option("--household", help="户")] = None,
) -> None:
    """记下居民问到、目录里没有的事。 (What residents ask for and the catalogue does not have.)"""
    with opened() as device:
        record = None if household is None else device.households.get(household)
        village = device.village if record is None else record.village
        _captured(device.households.ask(village, text, None if record is None else record.id).record)
