"""From instants to days: everything is counted by the day in Asia/Shanghai, which has been UTC+8 all year
since 1991.

Instants are integers, milliseconds since 1970-01-01T00:00Z, so that both implementations compute the same.
"""

from datetime import UTC, date, datetime

DAY_MS = 86_400_000
AT_MS_MIN = -2_208_988_800_000  # 1900-01-01T00:00Z; whoever takes instants in refuses what lies beyond
AT_MS_MAX = 32_503_680_000_000  # 3000-01-01T00:00Z
_SHANGHAI_MS = 8 * 3_600_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def count_day(at_ms: int) -> date:
    """The day in Asia/Shanghai that an instant belongs to. ValueError outside AT_MS_MIN to AT_MS_MAX."""
    if not AT_MS_MIN <= at_ms <= AT_MS_MAX:
        raise ValueError(f"时间超出可计数的范围：{at_ms}（an instant outside the years 1900 to 2999）")
    return date.fromordinal(_EPOCH_ORDINAL + (at_ms + _SHANGHAI_MS) // DAY_MS)


def day_start_ms(day: date) -> int:
    """The first instant of a day in Asia/Shanghai."""
    return (day.toordinal() - _EPOCH_ORDINAL) * DAY_MS - _SHANGHAI_MS


def ms_of(moment: datetime) -> int:
    """An aware datetime in epoch milliseconds. ValueError for a naive one: its zone would be a guess."""
    if moment.tzinfo is None:
        raise ValueError("时间缺少时区（a datetime without a zone cannot be counted）")
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000
