"""Does a catalogue hold together: every reference resolves, keys are unique, versions do not overlap.

Run before a catalogue is published; a catalogue with problems is not. What its forms hold is checked in
`forms.form_check`.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from forms.catalogue import Catalogue, Item, TimeLimit
from forms.definition import FieldType, Form
from forms.form_check import form_problems
from forms.problem import Problem, pointer_to

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
KEY_LENGTH_MAX = 64
OFFICIAL_CODE_LENGTH_MAX = 64  # domain notes, Codes: opaque strings up to 64 characters

# code → (Chinese, English); in braces: what was found
FAULTS: dict[str, tuple[str, str]] = {
    "key-form": (
        "代号“{0}”应为小写字母、数字和连字符",
        "Key {0} must be of lower-case letters, digits, hyphens",
    ),
    "key-repeated": ("“{0}”出现了两次", "{0} is there twice"),
    "number-repeated": ("编号{0}已用于另一事项", "Number {0} belongs to another item already"),
    "number-range": ("编号和版本应从1起", "Numbers and versions begin at 1"),
    "department-unknown": ("没有部门“{0}”", "There is no department {0}"),
    "form-unknown": ("没有表单“{0}”", "There is no form {0}"),
    "path-unknown": ("表单中没有“{0}”", "The form has no field {0}"),
    "official-code-length": ("事项编码应为1至64个字符", "An official code has 1 to 64 characters"),
    "effective-dates": ("失效日期早于生效日期", "It ends before it begins"),
    "versions-overlap": ("与上一版本的有效期重叠", "It overlaps the version before it"),
    "name-empty": ("名称不能为空", "A name must not be empty"),
    "limit-immediate": ("即办事项不应再有阶段", "An immediate item has no stages"),
    "limit-days": ("阶段天数不能小于0", "A stage must not have less than 0 days"),
}


def catalogue_problems(catalogue: Catalogue) -> list[Problem]:
    """Everything that keeps a catalogue from being published; empty if nothing does."""
    found = _repeated("departments", [department.key for department in catalogue.departments])
    found += _repeated("forms", [form.key for form in catalogue.forms])
    found += _repeated("items", [f"{item.key} {item.version}" for item in catalogue.items])
    found += _key_forms("departments", [department.key for department in catalogue.departments])
    found += _key_forms("forms", [form.key for form in catalogue.forms])
    found += _key_forms("items", [item.key for item in catalogue.items])
    for index, item in enumerate(catalogue.items):
        found += _item_problems(catalogue, item, ("items", index))
    found += _version_problems(catalogue)
    for index, form in enumerate(catalogue.forms):
        found += form_problems(form, ("forms", index))
    return found


def _item_problems(catalogue: Catalogue, item: Item, place: tuple[str | int, ...]) -> list[Problem]:
    found = []
    if catalogue.department(item.department) is None:
        found.append(_fault((*place, "department"), "department-unknown", item.department))
    form = catalogue.form(item.form)
    if form is None:
        found.append(_fault((*place, "form"), "form-unknown", item.form))
    else:
        known = _single_paths(form)
        found += [
            _fault((*place, "duplicate_key", index), "path-unknown", path)
            for index, path in enumerate(item.duplicate_key)
            if path not in known
        ]
    if item.number < 1 or item.version < 1:
        found.append(_fault((*place, "number"), "number-range"))
    if not item.name.strip():
        found.append(_fault((*place, "name"), "name-empty"))
    if item.official_code is not None and not 1 <= len(item.official_code) <= OFFICIAL_CODE_LENGTH_MAX:
        found.append(_fault((*place, "official_code"), "official-code-length"))
    if item.effective_to is not None and item.effective_to < item.effective_from:
        found.append(_fault((*place, "effective_to"), "effective-dates"))
    found += _repeated((*place, "materials"), [material.key for material in item.materials])
    return found + _limit_problems(item.limit, (*place, "limit"))


def _single_paths(form: Form) -> frozenset[str]:
    """The answers that a duplicate key may name: one value each, none in a repeat group."""
    return frozenset(field.key for field in form.fields if field.type is not FieldType.REPEAT)


def _limit_problems(limit: TimeLimit, place: tuple[str | int, ...]) -> list[Problem]:
    found = _repeated((*place, "stages"), [stage.key for stage in limit.stages])
    if limit.immediate and limit.stages:
        found.append(_fault((*place, "stages"), "limit-immediate"))
    found += [
        _fault((*place, "stages", index, "days"), "limit-days")
        for index, stage in enumerate(limit.stages)
        if stage.days < 0
    ]
    return found


def _version_problems(catalogue: Catalogue) -> list[Problem]:
    """Versions of one item follow each other in time, and no two items share a number."""
    found = []
    owner: dict[int, str] = {}
    places = {(item.key, item.version): index for index, item in enumerate(catalogue.items)}
    for item in catalogue.items:
        if owner.setdefault(item.number, item.key) != item.key:
            index = places[item.key, item.version]
            found.append(_fault(("items", index, "number"), "number-repeated", item.number))
    for key in dict.fromkeys(item.key for item in catalogue.items):
        for earlier, later in pairwise(catalogue.versions(key)):
            if earlier.effective_to is None or later.effective_from <= earlier.effective_to:
                index = places[later.key, later.version]
                found.append(_fault(("items", index, "effective_from"), "versions-overlap"))
    return found


def _repeated(place: str | tuple[str | int, ...], keys: Sequence[str]) -> list[Problem]:
    start = (place,) if isinstance(place, str) else place
    return [
        _fault((*start, index), "key-repeated", key) for index, key in enumerate(keys) if key in keys[:index]
    ]


def _key_forms(place: str, keys: Iterable[str]) -> list[Problem]:
    return [
        _fault((place, index, "key"), "key-form", key)
        for index, key in enumerate(keys)
        if not _KEY.fullmatch(key) or len(key) > KEY_LENGTH_MAX
    ]


def _fault(place: tuple[str | int, ...], code: str, found: object = "") -> Problem:
    message, message_en = FAULTS[code]
    return Problem(
        pointer=pointer_to(*place),
        code=code,
        message=message.format(found),
        message_en=message_en.format(found),
    )
