"""What is found on a visit and what is said there: short, plausible, about nobody."""

from random import Random
from typing import Any

TEXTS: dict[str, tuple[str, ...]] = {
    "dispute": (
        "与邻居因宅基地边界有争执，双方愿意调解", "楼上漏水未修，与楼上住户协商未果", "兄弟间赡养老人分担有分歧",
    ),
    "request": (
        "希望代为咨询老年优待证办理", "孩子转学需要开具居住情况", "水压偏低，希望联系水务查看",
        "想了解居家养老服务的申请条件",
    ),
    "suggestion": ("建议河边步道加装护栏", "建议村口增加一处垃圾分类点", "希望文化礼堂晚间延长开放"),
    "security": ("出租房住客更换频繁，未及时登记", "近日有陌生人上门推销保健品"),
    "fire": ("电动自行车在楼道内充电", "厨房燃气软管老化，已提醒更换", "楼道堆放杂物影响通行"),
    "environment": ("屋后沟渠有生活污水", "门前杂物较多，已约定清理时间"),
    "other": ("老人近期住院，家属轮流照看", "房屋外墙有细小裂缝，建议观察"),
}  # fmt: skip
NOTES = (
    "家中情况正常", "老人身体尚可，已提醒用电用气安全", "介绍了医保缴费时间", "近期外出务工，春节前回来",
    "已发放反诈宣传资料", "子女周末回家照看", "家中新添一口，已更新信息",
)  # fmt: skip
PURPOSES = ("regular_visit", "safety", "policy", "care", "information")
_TYPES = tuple(TEXTS)
_DISPOSITIONS = ("on_the_spot", "taken_along", "reported")


def draw_finding(random: Random) -> dict[str, Any]:
    """One finding as a visit carries it; a third of them is reported and becomes a case."""
    kind = random.choice(_TYPES)
    return {
        "id": f"f{random.randrange(16**8):08x}",
        "type": kind,
        "text": random.choice(TEXTS[kind]),
        "disposition": random.choice(_DISPOSITIONS),
    }
