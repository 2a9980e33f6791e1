"""Answers nested and flat: what one shape says, the other says."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.answers import flatten, nest

CASES: list[dict[str, Any]] = msgspec.json.decode(
    (Path(__file__).parents[1] / "vectors" / "answers.json").read_bytes()
)
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
ROW_IDS = st.from_regex(r"[0-9A-Za-z_-]{1,6}", fullmatch=True)
VALUES = st.one_of(
    st.none(), st.text(max_size=5), st.integers(), st.booleans(), st.lists(st.text(max_size=3))
)
ROWS = st.dictionaries(ROW_IDS, st.dictionaries(KEYS, VALUES, max_size=3), min_size=1, max_size=3)
NESTED = st.dictionaries(KEYS, st.one_of(VALUES, ROWS), max_size=5)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_vectors(case: dict[str, Any]) -> None:
    assert nest(case["flat"]) == case["nested"]
    if case["back"]:
        assert flatten(case["nested"]) == case["flat"]


@given(NESTED)
def test_there_and_back(answers: dict[str, Any]) -> None:
    assert nest(flatten(answers)) == answers


@given(NESTED)
def test_a_path_has_at_most_three_parts_and_no_group_as_its_value(answers: dict[str, Any]) -> None:
    for path, value in flatten(answers).items():
        assert 1 <= len(path.split("/")) <= 3
        assert not isinstance(value, dict)


@given(NESTED, st.randoms())
def test_the_order_of_paths_does_not_matter(answers: dict[str, Any], random: Any) -> None:
    flat = list(flatten(answers).items())
    random.shuffle(flat)
    assert nest(dict(flat)) == answers


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "a/b/c/d"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="不是答案的路径"):
        nest({path: 1})


@pytest.mark.parametrize("flat", [{"a": 1, "a/r/b": 2}, {"a/r/b": 2, "a": 1}])
def test_an_answer_is_not_a_group_as_well(flat: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="既是答案又是分组"):
        nest(flat)
