"""Form definitions as data: what is asked, of which type, when, and within which bounds.

A definition travels in the `reference` feed and is read by a second implementation in TypeScript, so every
rule here must mean the same in both languages:

- `pattern` is matched against the whole answer, with ASCII meaning for `\\d` and `\\w`.
- `minimum` and `maximum` bound a number (int or decimal text), money (分), a date (ISO text or `today`),
  and the count of chosen options, files or rows of a repeat group.
- `visible_when` and the expressions of constraints are CEL over `answers`, `row` (inside a repeat group) and
  `today`; see `forms.expression`.
"""

from enum import StrEnum

import msgspec


class FieldType(StrEnum):
    """What an answer is; the JSON value that travels is named beside each."""

    TEXT = "text"  # text
    NUMBER = "number"  # an integer, or a decimal number as text
    MONEY = "money"  # an integer of 分
    DATE = "date"  # ISO text, 2026-11-23
    CHOICE = "choice"  # the key of an option
    MULTIPLE_CHOICE = "multiple_choice"  # a list of keys of options
    IDENTITY_NUMBER = "identity_number"  # text, GB 11643
    PHONE = "phone"  # text, mainland mobile or landline
    BANK_ACCOUNT = "bank_account"  # text, card or passbook
    YES_NO = "yes_no"  # true or false
    ADDRESS = "address"  # text
    FILE = "file"  # a list of SHA-256 digests in lower-case hex
    REPEAT = "repeat"  # {row id: {column: answer}}


class Label(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text for people: Chinese, and English where there is one."""

    zh: str
    en: str | None = None


class Option(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to choose."""

    key: str
    label: Label


class Constraint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A CEL expression that must not be false while its field is answered, and what to say if it is."""

    expression: str
    message: Label


class Field(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question. `columns` only in a repeat group; `options` only in a choice.

    `prefill` names a known fact to offer: resident.name, resident.identity_number, resident.phone,
    household.address. `options_demonstration` says that the options are common public knowledge put in for
    the demonstration, not a department's own list.
    """

    key: str
    type: FieldType
    label: Label
    hint: Label | None = None
    required: bool = False
    minimum: int | str | None = None
    maximum: int | str | None = None
    max_length: int | None = None
    pattern: str | None = None
    unit: str | None = None
    options: tuple[Option, ...] = ()
    options_demonstration: bool = False
    columns: tuple["Field", ...] = ()
    visible_when: str | None = None
    constraints: tuple[Constraint, ...] = ()
    prefill: str | None = None


class Form(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, cache_hash=True):
    """The fields of an item. A form never changes under its key: a changed form has a new key."""

    key: str
    fields: tuple[Field, ...]
