"""Plausible answers to any form, typed by its fields and passing its own check.

Answers are drawn, what is hidden is taken out, and the form's check has the last word; where it objects (a
constraint between two answers), they are drawn again. No file is ever named, as none would arrive.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from random import Random

import msgspec
from stdnum import luhn

from forms.answers import Answers
from forms.check import CompiledForm, compile_form, mistakes
from forms.definition import Field, FieldType, Form
from server.demo.names import given_name, surname
from server.demo.numbers import identity_number, phone_number
from server.demo.settlement import Home, Inhabitant

_TRIES = 60
_OPTIONAL_SHARE = 0.7
_ROWS_MAX = 3
_MONEY_FEN = (20_000, 900_000)
# No card begins with 0000: the issuer numbers of ISO/IEC 7812 give 0 to nobody's bank.
_ACCOUNT_PREFIX = "000000"
# What a text field asks, by a word in its label; the first that fits.
_TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("医院", ("市人民医院", "市中医院", "镇卫生院", "市中心医院")),
    ("诊断", ("高血压", "骨折", "肺炎")),
    ("病种", ("高血压", "糖尿病", "冠心病")),
    ("单位", ("某针织厂（演示）", "某皮件厂（演示）", "某物流站（演示）")),
    ("结果", ("已登记，待反馈", "已当场说明", "已联系相关单位")),
    ("地", ("安徽省阜阳市", "江苏省苏州市", "杭州市", "上海市")),
    ("原因", ("家庭情况变化", "遗失", "年龄到期")),
    ("档", ("一档", "二档")),
    ("银行", ("农商银行", "邮政储蓄银行")),
    ("变更项", ("联系电话", "家庭住址", "银行账号")),
    ("号", ("演示-0001", "演示-0002", "演示-0003")),
)  # fmt: skip
# How big a number is, by a word in its label.
_SIZES: tuple[tuple[str, int, int], ...] = (
    ("孩次", 1, 3), ("层", 2, 3), ("人口", 1, 6), ("人数", 1, 6), ("客数", 1, 6), ("间", 1, 8), ("服役", 2, 8),
    ("面积", 12, 140), ("缴费年", 5, 20), ("户", 1, 40),
)  # fmt: skip
# How long ago a day is, in days, by a word in its label.
_AGES: tuple[tuple[str, int, int], ...] = (
    ("入伍", 14_000, 16_000),
    ("退役", 12_000, 13_900),
    ("退伍", 12_000, 13_900),
)
_NAMED = ("姓名", "监护", "房东", "配偶", "联系人", "申领人", "户主", "医师")
_CODES = ("LD-0123", "2026", "A12", "0123456789")


class About(msgspec.Struct, frozen=True):
    """Whom and which day the answers are about, and what was said."""

    person: Inhabitant
    home: Home
    day: date
    said: str


def needs_file(form: Form) -> bool:
    """Whether the form cannot be answered without a file."""
    return any(field.type is FieldType.FILE and field.required for field in form.fields)


def answers_for(form: Form, random: Random, about: About) -> Answers:
    """Nested answers without a mistake. ValueError for a form that cannot be answered by drawing."""
    compiled = compile_form(form)
    for _ in range(_TRIES):
        answers = _drawn(form.fields, random, about)
        _hide(compiled, answers)
        if not mistakes(compiled.check(answers, about.day)):
            return answers
    raise ValueError(f"表单 {form.key} 未能填出合规的答案 (no valid answers drawn)")


def _drawn(fields: tuple[Field, ...], random: Random, about: About, row: int | None = None) -> Answers:
    answers: Answers = {}
    for field in fields:
        if field.required or random.random() < _OPTIONAL_SHARE:
            value = _repeat(field, random, about) if field.type is FieldType.REPEAT else _DRAW[field.type](
                field, random, about
            )  # fmt: skip
            if row is not None and any(option.key == "self" for option in field.options):
                value = (
                    "self" if row == 0 else random.choice([o.key for o in field.options if o.key != "self"])
                )
            if value is not None:
                answers[field.key] = value
    return answers


def _repeat(field: Field, random: Random, about: About) -> dict[str, Answers]:
    """Rows of a table; in a table of the family the first is the applicant."""
    least = field.minimum if isinstance(field.minimum, int) else 0
    relation = any(option.key == "self" for column in field.columns for option in column.options)
    columns = tuple(
        msgspec.structs.replace(column, required=True) if relation and column.key == "relation" else column
        for column in field.columns
    )
    count = max(least, random.randint(1, _ROWS_MAX))
    rows = {f"r{row + 1}": _drawn(columns, random, about, row) for row in range(count)}
    if relation:
        rows["r1"].update({key: value for key, value in _own(about).items() if key in rows["r1"]})
    return rows


def _own(about: About) -> Answers:
    """What a family table says of the applicant in its first row."""
    person = about.person
    own = {"name": person.name, "identity_number": person.identity_number, "phone": person.phone}
    return {key: value for key, value in own.items() if value is not None}


def _hide(compiled: CompiledForm, answers: Answers) -> None:
    """Take out what is not asked."""
    visible = compiled.visible(answers)
    for key in [key for key in answers if key not in visible]:
        del answers[key]
    for key, value in answers.items():
        if isinstance(value, dict):
            for row_id, row in value.items():
                for column in [column for column in row if f"{key}/{row_id}/{column}" not in visible]:
                    del row[column]


def _text(field: Field, random: Random, about: About) -> str | None:
    if field.prefill == "resident.name":
        return about.person.name
    if field.pattern:
        return next((code for code in _CODES if re.fullmatch(field.pattern, code, re.ASCII)), None)
    label = field.label.zh
    if "描述" in label:
        return about.said
    if any(word in label for word in _NAMED):
        sex = random.choice(("male", "female"))
        return surname(random) + given_name(random, sex, random.randint(1955, 2000))
    pool = next((texts for word, texts in _TEXTS if word in label), ("按本人所述登记",))
    return random.choice(pool)[: field.max_length]


def _bounds(field: Field, low: int, high: int) -> tuple[int, int]:
    least = low if field.minimum is None else max(low, int(float(field.minimum) + 0.999))
    most = high if field.maximum is None else min(high, int(float(field.maximum)))
    return min(least, most), max(least, most)


def _number(field: Field, random: Random, about: About) -> int:
    if "年" in field.label.zh and field.minimum is not None and int(float(field.minimum)) > 1900:
        return about.day.year
    _, least, most = next((size for size in _SIZES if size[0] in field.label.zh), ("", 1, 20))
    return random.randint(*_bounds(field, least, most))


def _money(field: Field, random: Random, _about: About) -> int:
    low, high = _bounds(field, *_MONEY_FEN)
    return random.randint(low, high) // 100 * 100 or low


def _date(field: Field, random: Random, about: About) -> str:
    for word, youngest, oldest in _AGES:
        if word in field.label.zh:
            return (about.day - timedelta(days=random.randint(youngest, oldest))).isoformat()
    ahead = 0 if field.maximum == "today" else 60
    return (about.day + timedelta(days=random.randint(-300 if not ahead else -30, ahead))).isoformat()


def _choice(field: Field, random: Random, _about: About) -> str:
    return random.choice(field.options).key


def _multiple_choice(field: Field, random: Random, _about: About) -> list[str]:
    keys = [option.key for option in field.options]
    chosen = sorted(random.sample(keys, min(len(keys), random.randint(1, 2))), key=keys.index)
    return chosen if "none" not in chosen else ["none"]


def _identity_number(field: Field, random: Random, about: About) -> str:
    """The person's own; for anybody else one of the sequences that no resident of the city has."""
    if field.prefill == "resident.identity_number" and about.person.identity_number is not None:
        return about.person.identity_number
    born = about.day - timedelta(days=random.randint(365 * 20, 365 * 70))
    return identity_number(f"{born:%Y%m%d}", random.randrange(4))


def _phone(field: Field, random: Random, about: About) -> str:
    if field.prefill == "resident.phone" and about.person.phone is not None:
        return about.person.phone
    return phone_number(random.randrange(10_000))


def _bank_account(_field: Field, random: Random, _about: About) -> str:
    digits = _ACCOUNT_PREFIX + "".join(random.choices("0123456789", k=12))
    return digits + str(luhn.calc_check_digit(digits))


def _yes_no(_field: Field, random: Random, _about: About) -> bool:
    return random.random() < 0.5


def _address(_field: Field, _random: Random, about: About) -> str:
    return about.home.address


def _no_file(_field: Field, _random: Random, _about: About) -> None:
    return None


_DRAW: dict[FieldType, Callable[[Field, Random, About], object]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _money,
    FieldType.DATE: _date,
    FieldType.CHOICE: _choice,
    FieldType.MULTIPLE_CHOICE: _multiple_choice,
    FieldType.IDENTITY_NUMBER: _identity_number,
    FieldType.PHONE: _phone,
    FieldType.BANK_ACCOUNT: _bank_account,
    FieldType.YES_NO: _yes_no,
    FieldType.ADDRESS: _address,
    FieldType.FILE: _no_file,
}


@lru_cache(maxsize=512)
def answerable(form: Form) -> bool:
    """Whether the generator may use a form at all."""
    return not needs_file(form)
