"""A few stories in every test run; `python -m tests.simulation --seeds N` tells more. A failure names its seed."""

import pytest

from tests.simulation.story import tell


@pytest.mark.parametrize("seed", [3, 9, 127, 309])
def test_nothing_is_lost_doubled_leaked_or_stuck(seed: int) -> None:
    story = tell(seed, 200)
    assert story.captured >= 200


def test_a_story_repeats_itself_exactly() -> None:
    first, second = tell(5, 40), tell(5, 40)
    assert first.told == second.told
    assert [phone.captured for phone in first.phones] == [phone.captured for phone in second.phones]
