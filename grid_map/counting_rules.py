"""The named counting rules, and the reasons that explain a number: what a person reads beside it."""

from datetime import date

import msgspec


class CountingRule(msgspec.Struct, frozen=True):
    """A named way to count. Every number shown names its rule; the explanations are for people."""

    key: str
    zh: str
    en: str


HOUSEHOLD_DAY = CountingRule(
    "household.day",
    "入户覆盖：同一户同一天最多计一次；见到人才计，类别允许“见到住处即可”的除外；"
    "未遇、电话、服务点办理只记录不计数；两人同访计一次。",
    "Coverage: a household counts at most once a day, when somebody was met at home or its class says that "
    "seeing the place is enough; not home, phone and service point are kept and not counted; two workers "
    "together count once.",
)
ROUND_ATTEMPTED = CountingRule(
    "round.attempted",
    "走访轮次：至少到过一户门口的一轮计一次，计入开始的那一天；两人同访各计一轮，"
    "同一天同一网格内本人的轮次与随同的轮次不重复计。",
    "Rounds: a round counts when at least one household was attempted, on the day it began; two workers "
    "together have one round each, and own and accompanied rounds in one grid and day are not added up.",
)
WORKER_HOUSEHOLD_DAY = CountingRule(
    "household.day.worker",
    "本人入户：按入户覆盖的规则，同一户同一天每名走访人各计一次。",
    "A worker's household visits: by the rule of coverage, once a household and day for each worker.",
)
RULES = {rule.key: rule for rule in (HOUSEHOLD_DAY, ROUND_ATTEMPTED, WORKER_HOUSEHOLD_DAY)}


class Reason(msgspec.Struct, frozen=True):
    """Why something counts or does not: a stable code and a sentence for people."""

    code: str
    zh: str
    en: str


COUNTED = Reason("counted", "已计数", "counted")
ACCOMPANIED = Reason("accompanied", "随同走访，计一轮", "accompanied, one round")
VOIDED = Reason("voided", "已作废，不计", "voided")
NO_HOUSEHOLD = Reason("no-household", "走访的是场所，不是住户，不计入户", "a place, not a household")
SAME_DAY = Reason("same-day", "同一户当天已计一次", "this household has counted on that day")
NOT_HOME = Reason("not-home", "未遇：留有记录，不计覆盖", "nobody home: kept, not counted")
PHONE = Reason("phone", "电话联系：留有记录，不计覆盖", "a phone call: kept, not counted")
SERVICE_POINT = Reason(
    "service-point", "在服务点见面：留有记录，不计覆盖", "at a service point: kept, not counted"
)
SEEN_ONLY = Reason(
    "seen-only", "只见到住处，该类别须见到人", "the place was seen; this class asks for a person"
)
NO_ATTEMPT = Reason("no-attempt", "本轮没有到过住户门口", "no household was attempted in this round")
SAME_OUTING = Reason(
    "same-outing", "同一天同一网格已计轮次，不重复计", "already counted in this grid on that day"
)
ROUND_UNKNOWN = Reason("round-unknown", "所属轮次尚未收到，收到后再计", "its round has not arrived yet")
NOT_COVERED_BY_OUTCOME = {
    "not_home": NOT_HOME,
    "phone": PHONE,
    "service_point": SERVICE_POINT,
    "seen": SEEN_ONLY,
}


class Explained(msgspec.Struct, frozen=True):
    """One visit or round beside a number: whether it counts, on which day, for whom, and why.

    For a round, `visits` are those at a household's door, which make it count.
    """

    id: str
    day: date
    counted: bool
    reason: Reason
    worker: str | None = None
    visits: tuple[str, ...] = ()


class Count(msgspec.Struct, frozen=True):
    """A number with its rule and everything that explains it, in order of time; `number` = those counted."""

    rule: str
    number: int
    explained: tuple[Explained, ...]
