"""items search | show."""

from __future__ import annotations

from typing import Annotated

import typer

from field_client.cli.session import app, console, opened, session, show, table
from field_client.errors import NotFound
from forms.catalogue import Catalogue, Item, Mode
from forms.definition import FieldType, Label
from forms.search import search as search_items

items = typer.Typer(help="查事项 (the item catalogue)", no_args_is_help=True)
app.add_typer(items, name="items")

MODES = {
    Mode.DIRECT: "直接办", Mode.PROXY: "代理办", Mode.ASSIST: "协办", Mode.INFORM: "公开告知",
    Mode.REPORT: "登记上报", Mode.VISIT: "走访类",
}  # fmt: skip
TYPES = {
    FieldType.TEXT: "文字", FieldType.NUMBER: "数字", FieldType.MONEY: "金额", FieldType.DATE: "日期",
    FieldType.CHOICE: "单选", FieldType.MULTIPLE_CHOICE: "多选", FieldType.IDENTITY_NUMBER: "证件号",
    FieldType.PHONE: "电话", FieldType.BANK_ACCOUNT: "银行账号", FieldType.YES_NO: "是否",
    FieldType.ADDRESS: "地址", FieldType.FILE: "附件", FieldType.REPEAT: "多行",
}  # fmt: skip
FINISH = {"doorstep": "上门可办结", "online": "窗口或联网办结", "handed_up": "报送办理"}


def label_text(label: Label) -> str:
    """A label in the language that was asked for."""
    return (label.en or label.zh) if session.english else label.zh


@items.command("search")
def search(
    text: Annotated[list[str] | None, typer.Argument(help="名称、俗称、拼音首字母或编号")] = None,
    department: Annotated[str | None, typer.Option("--department", help="部门")] = None,
) -> None:
    """按名称、俗称、拼音首字母、编号或部门查找。 (By name, alias, pinyin initials, number or department.)"""
    with opened() as device:
        catalogue = device.cases.catalogue
        wanted = None if department is None else _department(catalogue, department)
        found = search_items(catalogue, " ".join(text or ()), device.today(), wanted)

        def as_text() -> None:
            rows = []
            for item in found:
                of = catalogue.department(item.department)
                rows.append(
                    [
                        str(item.number),
                        item.name,
                        MODES[item.mode],
                        of.name if of else item.department,
                    ]
                )
            table(
                catalogue.label or session.say("事项", "items"),
                ["编号", "名称", "方式", "部门"],
                rows,
                session.say(
                    "没有找到；目录里没有的事可以记下来：allpost-field ask", "nothing found; note it with ask"
                ),
            )

        show(found, as_text)


def _department(catalogue: Catalogue, typed: str) -> str:
    """A department's key, by its key or name. NotFound names all there are."""
    for one in catalogue.departments:
        if typed in (one.key, one.name):
            return one.key
    names = "、".join(one.name for one in catalogue.departments)
    raise NotFound(
        f"没有这个部门：{typed}", f"no such department: {typed}", f"可选：{names}", f"there are: {names}"
    )


@items.command("show")
def show_item(key: Annotated[str, typer.Argument(help="事项的 key 或编号")]) -> None:
    """一个事项的办理方式、材料、时限和表单。 (How an item is handled, its materials, limits and form.)"""
    with opened() as device:
        item = device.cases.item(key)
        form = device.cases.catalogue.form(item.form)

        def as_text() -> None:
            console.print(
                f"[bold]{item.name}[/bold]（{item.key}，第{item.version}版，{MODES[item.mode]}，{FINISH[item.finish]}）"
            )
            console.print(f"时限：{limit_text(item)}")
            console.print("材料：" + ("" if item.materials else item.materials_note or "未载明"))
            for material in item.materials:
                need = {"required": "必要", "conditional": f"视情形：{material.condition or ''}"}.get(
                    material.necessity or "", "必要性未载明"
                )
                console.print(
                    f"  · {material.key}　{material.name}（{need}；规格份数：{material.copies or '未载明'}）",
                    markup=False,
                )
            console.print("表单：")
            for field in form.fields if form else ():
                must = "*" if field.required else " "
                options = (
                    "　" + "、".join(f"{one.key}={one.label.zh}" for one in field.options)
                    if field.options
                    else ""
                )
                kind = session.say(TYPES[field.type], field.type.value)
                console.print(
                    f"  {must} {field.key}　{label_text(field.label)}（{kind}）{options}", markup=False
                )

        show({"item": item, "form": form}, as_text)


def limit_text(item: Item) -> str:
    """An item's time limit, an assumed one marked as such."""
    limit = item.limit
    counting = {"working": "个工作日", "calendar": "个自然日"}
    if limit.immediate:
        text = "即办"
    elif limit.stages:
        text = "，".join(f"{stage.name}{stage.days}{counting[stage.counting]}" for stage in limit.stages)
    else:
        text = "未载明" if limit.statutory else "不计法定时限"
    return text + ("（演示时限）" if limit.demonstration else "")
