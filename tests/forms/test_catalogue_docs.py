"""docs/catalogue.md names everything that a catalogue may hold, and its example is one."""

import re
from pathlib import Path

import msgspec

from forms.catalogue import Catalogue, Department, Finish, Item, Material, Mode, Source, Stage, TimeLimit
from forms.definition import Constraint, Field, FieldType, Form, Option
from forms.form_check import PREFILLS, form_problems
from forms.problem import MESSAGES

PAGE = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text(encoding="utf-8")
STRUCTS = (Catalogue, Department, Item, Material, Stage, TimeLimit, Form, Field, Option, Constraint)


def test_every_name_is_described() -> None:
    names = {field.encode_name for struct in STRUCTS for field in msgspec.structs.fields(struct)}
    values = {str(value) for kind in (Mode, Finish, Source, FieldType) for value in kind}
    described = set(re.findall(r"`([^`\s]+)`", PAGE))
    assert names | values | PREFILLS <= described


def test_every_code_of_a_check_is_described() -> None:
    described = set(re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE))
    assert set(MESSAGES) <= described


def test_the_example_is_right() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    before = ('{"key": "start", "type": "date", "label": {"zh": "开始日期"}}',
              '{"key": "open_ended", "type": "yes_no", "label": {"zh": "长期"}}')  # fmt: skip
    form = msgspec.json.decode(f'{{"key": "f", "fields": [{before[0]}, {before[1]}, {example}]}}', type=Form)
    assert form_problems(form) == []
