"""Which item somebody comes with: the modes in their shares, the items by who may need them."""

from datetime import date
from functools import lru_cache
from random import Random

import msgspec

from forms.catalogue import Item, Mode, load_catalogue
from forms.definition import Form
from server.demo.answers import answerable
from server.demo.settlement import Home, Inhabitant

# In hundredths of the cases that do not come from a finding; a finding's case is always a report.
MODE_SHARES = ((Mode.DIRECT, 43), (Mode.PROXY, 38), (Mode.REPORT, 7), (Mode.ASSIST, 8), (Mode.INFORM, 4))
_TRIES = 12
# By a word in the item's name: age from, age to, and whether only women come with it.
_FITS: tuple[tuple[str, int, int, bool], ...] = (
    ("80周岁", 80, 120, False), ("高龄", 80, 120, False), ("老年", 60, 120, False), ("养老保险定期", 60, 120, False),
    ("养老保险待遇", 60, 70, False), ("长期护理", 60, 120, False), ("60周岁", 60, 120, False), ("生育", 20, 45, True),
    ("婚姻", 22, 45, False), ("失业", 20, 58, False), ("就业", 18, 58, False), ("孤儿", 30, 75, False),
    ("独生子女", 30, 70, False), ("计划生育", 49, 90, False), ("退役", 45, 90, False), ("灵活就业", 18, 58, False),
)  # fmt: skip
# By the type of a finding: words in the name of the report that it becomes.
_REPORTS = {
    "dispute": "矛盾纠纷", "security": "治安", "fire": "消防", "environment": "污水", "request": "供水",
    "suggestion": "路灯", "other": "矛盾纠纷",
}  # fmt: skip


class Wish(msgspec.Struct, frozen=True):
    """An item and its form."""

    item: Item
    form: Form


@lru_cache(maxsize=8)
def wishes(day: date) -> dict[Mode, tuple[Wish, ...]]:
    """The items in force on a day that can be answered without a file, by mode; visit items are no cases."""
    catalogue = load_catalogue()
    found: dict[Mode, list[Wish]] = {mode: [] for mode, _ in MODE_SHARES}
    for item in catalogue.in_force(day):
        form = catalogue.form(item.form)
        if item.mode in found and form is not None and answerable(form):
            found[item.mode].append(Wish(item, form))
    return {mode: tuple(items) for mode, items in found.items()}


def fits(item: Item, home: Home, person: Inhabitant) -> bool:
    """Whether this person may well come with this item."""
    if "流动人口" in item.name or "出租房" in item.name or "居住证" in item.name:
        return home.visit_class == "floating"
    for word, youngest, oldest, women in _FITS:
        if word in item.name:
            return youngest <= person.age <= oldest and (not women or person.sex == "female")
    return True


def draw_wish(random: Random, day: date, home: Home, person: Inhabitant) -> Wish | None:
    """An item for this person; None where none of some drawn ones fits."""
    by_mode = wishes(day)
    modes = [mode for mode, _ in MODE_SHARES if by_mode[mode]]
    weights = [share for mode, share in MODE_SHARES if by_mode[mode]]
    for _ in range(_TRIES):
        wish = random.choice(by_mode[random.choices(modes, weights)[0]])
        if fits(wish.item, home, person):
            return wish
    return None


def report_of(finding: str, day: date) -> Wish | None:
    """The report that a finding of this type becomes; None where the catalogue has none like it."""
    reports = wishes(day)[Mode.REPORT]
    return next((wish for wish in reports if _REPORTS[finding] in wish.item.name), None)
