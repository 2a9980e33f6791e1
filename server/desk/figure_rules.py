"""The rules of the pages' figures that no tally keeps: what stands beside them under 怎么算的.

Those that a tally keeps are in `server.tally_rules`; `RULES` holds both.
"""

from __future__ import annotations

from typing import Final

from grid_map.counting_rules import CountingRule
from grid_map.month_closing import MONTH_CLOSING
from server.tally_rules import TALLY_RULES

SILENT_HOURS: Final = 24

DUE_THIS_MONTH: Final = CountingRule(
    "household.due_this_month",
    "本月应走访而未走访：按走访类别，最迟应在本月最后一天或更早走访、而到现在还没有计入覆盖的走访的户。"
    "每户计一次；其中已过最迟日期的是“已逾期”，其余到期日还没到。未遇、电话、服务点办理不算走访到。",
    "Due this month and not visited: households whose class asks for a visit by the last day of this month or earlier, "
    "and that no visit has covered yet. Each counts once; those past their last day are overdue. Not home, phone and "
    "service point do not cover.",
)
OVERDUE: Final = CountingRule(
    "household.overdue",
    "已逾期：按走访类别最迟应在今天之前走访、而还没有计入覆盖的走访的户，每户计一次；占比为逾期户数除以在册户数。",
    "Overdue: households whose class asked for a visit before today and that no visit has covered; each counts once. "
    "The share is overdue households over all on the register.",
)
STUCK: Final = CountingRule(
    "case.stuck",
    "卡住的办件：还没有结果、并且已过时限的办件，每件计一次。村社收件后未报送的，按报送时限（第3个工作日提醒，最迟第5个"
    "工作日）；已报送的，按事项各阶段时限，补正等暂停期间不走。没有时限的不计。临近：离时限只剩几天。事项时限为演示时限。",
    "Stuck cases: without a result and past their date; each counts once. Before they are handed up, by the clock of "
    "the handover (told on the 3rd, late after the 5th working day); after it by the item's stages, paused in a "
    "supplement. Those without a limit do not count. Near: a few days are left. The items' limits are demonstration "
    "limits.",
)
SILENT: Final = CountingRule(
    "device.silent",
    f"未同步的手机：在用（未停用、未被新登记接续）而超过{SILENT_HOURS}小时没有与服务器联系过的手机，每台计一次。"
    "手机里可能还有没上传的记录，所以这个数不为零时，其他数可能还会增加。",
    f"Phones not synced: phones in use that have not been in contact for {SILENT_HOURS} hours; each counts once. They "
    "may keep records, so the other figures may still grow.",
)
UNSIGNED: Final = CountingRule(
    "day.unsigned",
    "未签日结：截至昨天，窗口有人轮值或手机有记录到达、而交班人还没有签字的天数；一个村社一天计一次。",
    "Days not signed off: up to yesterday, days with somebody at the window or records from phones that the outgoing "
    "person has not signed; one a village and day.",
)
PACE: Final = CountingRule(
    "pace.available_days",
    "年度进度：本年已计的走访轮次，与按可走访天数推算的应有轮次相比。可走访天数为工作日减去在窗口、休假的天数；"
    "全年目标为每名专职工作者每年若干轮（本机设置，按推定的口径），部分年份在岗的按比例。一年一个数，不是每日指标。",
    "Yearly pace: rounds so far beside those that the available days so far make of the year's target. Available days "
    "are working days without days at the window and leave. The target is a setting, by an assumed reading; partial "
    "years owe their part. It is a figure of the year, never a daily quota.",
)

RULES: Final = {
    **TALLY_RULES,
    **{rule.key: rule for rule in (DUE_THIS_MONTH, OVERDUE, STUCK, SILENT, UNSIGNED, PACE, MONTH_CLOSING)},
}
