"""One answer by itself, and how it agrees with the whole form."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.answers import flatten
from forms.catalogue import load_catalogue
from forms.check import CompiledForm, compile_form, compiled_form, mistakes
from forms.definition import Constraint, Field, FieldType, Form, Label

TODAY = date(2026, 11, 23)
FORMS = [compile_form(form) for form in load_catalogue().forms]
DIGEST = "0" * 64

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 10**11),
    st.text(max_size=8),
    st.sampled_from(["2026-11-23", "2027-01-01", "12.5", "x", "none", "13800000000", DIGEST]),
    st.lists(st.sampled_from(["none", "other", DIGEST, "x"]), max_size=3),
    st.floats(),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def _columns(form: CompiledForm) -> dict[str, list[str]]:
    return {f.key: [c.key for c in f.columns] for f in form.form.fields if f.type is FieldType.REPEAT}


@st.composite
def _filled(draw: st.DrawFn) -> tuple[CompiledForm, dict[str, Any]]:
    form = draw(st.sampled_from(FORMS))
    answers: dict[str, Any] = {}
    for field in draw(st.lists(st.sampled_from(form.form.fields), unique=True)):
        if field.type is FieldType.REPEAT:
            columns = st.sampled_from([column.key for column in field.columns])
            answers[field.key] = draw(
                st.dictionaries(st.sampled_from(["r1", "r-2"]), st.dictionaries(columns, VALUES, min_size=1))
            )
        else:
            answers[field.key] = draw(VALUES)
    return form, answers


@given(_filled())
def test_the_whole_form_says_what_each_answer_says_where_it_is_asked(
    filled: tuple[CompiledForm, dict[str, Any]],
) -> None:
    form, answers = filled
    whole = {(p.pointer, p.code) for p in form.check(answers, TODAY)}
    visible = form.visible(answers)
    for path, value in flatten(answers).items():
        if isinstance(value, dict) or not form.knows(path):
            continue
        alone = {(p.pointer, p.code) for p in form.check_answer(path, value, TODAY)}
        if path in visible:
            assert alone <= whole
        elif path.count("/") == 0 or path.split("/")[0] in visible:
            assert (
                value in (None, "", [], {})
                or not str(value).strip()
                or ("/" + path, "hidden-answer") in whole
            )


@given(_filled())
def test_partial_demands_nothing_and_otherwise_says_the_same(
    filled: tuple[CompiledForm, dict[str, Any]],
) -> None:
    form, answers = filled
    whole = form.check(answers, TODAY)
    partial = form.check(answers, TODAY, partial=True)
    left_out = [problem for problem in whole if problem not in partial]
    assert all(problem in whole for problem in partial)
    assert all(problem.code in ("required", "too-few") for problem in left_out)


@given(_filled())
def test_nothing_hidden_is_required(filled: tuple[CompiledForm, dict[str, Any]]) -> None:
    form, answers = filled
    visible = {"/" + path for path in form.visible(answers)}
    assert all(p.pointer in visible for p in form.check(answers, TODAY) if p.code == "required")


def test_one_answer_is_judged_without_expressions() -> None:
    never = Constraint(expression="false", message=Label(zh="从不"))
    hidden = Field(
        key="a", type=FieldType.TEXT, label=Label(zh="甲"), visible_when="false", constraints=(never,)
    )
    form = compile_form(Form(key="f", fields=(hidden,)))
    assert form.check_answer("a", "x", TODAY) == []
    assert [p.code for p in form.check_answer("a", 5, TODAY)] == ["type"]


HOUSEHOLD = compiled_form(load_catalogue(), "subsistence-allowance")


@pytest.mark.parametrize(
    ("path", "value", "codes"),
    [
        ("income_per_person", 120_000, []),
        ("income_per_person", None, []),
        ("income_per_person", -1, ["too-small"]),
        ("family/0192f6c5/name", "张三", []),
        ("family/0192f6c5/name", 5, ["type"]),
        ("family/0192f6c5/identity_number", "330499195003120010", ["identity-number-check-digit"]),
        ("family/0192f6c5", True, []),
        ("family/0192f6c5", False, []),
        ("family/0192f6c5", None, []),
        ("family/0192f6c5", "x", ["type"]),
        ("family", {}, ["unknown-field"]),
        ("family/r 1/name", "张三", ["unknown-field"]),
        ("family/r1/x", "张三", ["unknown-field"]),
        ("family/r1/name/x", "张三", ["unknown-field"]),
        ("income_per_person/r1/x", 1, ["unknown-field"]),
        ("", 1, ["unknown-field"]),
        ("a~b", 1, ["unknown-field"]),
    ],
)
def test_paths(path: str, value: object, codes: list[str]) -> None:
    found = HOUSEHOLD.check_answer(path, value, TODAY)
    assert [problem.code for problem in found] == codes
    assert HOUSEHOLD.knows(path) is (codes != ["unknown-field"])
    assert all(problem.pointer == "/" + path.replace("~", "~0") for problem in found)


def test_a_message_names_the_question_and_the_bound_in_yuan() -> None:
    form = compiled_form(load_catalogue(), "inpatient-expense-reimbursement")
    (found,) = form.check_answer("amount", 0, TODAY)
    assert found.message == "“医疗费用总额”不得小于0.01元"
    assert found.message_en == "Total expense must not be less than 0.01元"


def test_every_mistake_of_a_case_is_told_at_once() -> None:
    form = compiled_form(load_catalogue(), "inpatient-expense-reimbursement")
    answers = {
        "hospital": "海宁市人民医院",
        "admitted_on": "2026-11-05",
        "discharged_on": "2026-11-01",
        "amount": 100,
        "paid_by_other": 200,
        "reasons": ["other"],
        "account": "201000012345678",
        "own_account": False,
    }
    found = form.check(answers, TODAY)
    assert {(problem.pointer, problem.code) for problem in mistakes(found)} == {
        ("/discharged_on", "constraint"),
        ("/paid_by_other", "constraint"),
        ("/other_reason", "required"),
        ("/account_holder", "required"),
    }
    assert [problem.code for problem in found if problem.remark] == ["bank-account-luhn"]


def test_a_form_is_compiled_once_and_an_unknown_one_is_said_to_be() -> None:
    catalogue = load_catalogue()
    assert compiled_form(catalogue, "request") is compiled_form(catalogue, "request")
    with pytest.raises(KeyError, match="nowhere"):
        compiled_form(catalogue, "nowhere")


def test_every_form_of_the_catalogue_is_quiet_about_no_answers_when_partial() -> None:
    assert all(form.check({}, TODAY, partial=True) == [] for form in FORMS)
    assert any(_columns(form) for form in FORMS)
