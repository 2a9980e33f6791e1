"""Believable names: surnames by how often they are met around Haining, given names by generation and sex.

The frequencies are an impression of the region, good enough for a demonstration and no statistic. One given name
in about 200 holds a character outside GB 2312 or outside the Unicode plane 0, so that fonts, exports, sorting and
search meet them (domain notes, Codes: 敭).
"""

from random import Random

LOCAL_SURNAMES = (
    ("沈", 88), ("朱", 74), ("陈", 72), ("王", 66), ("张", 62), ("徐", 52), ("许", 40), ("吴", 38), ("顾", 36),
    ("姚", 32), ("金", 30), ("周", 29), ("陆", 28), ("俞", 22), ("钱", 21), ("杨", 20), ("李", 20), ("马", 19),
    ("孙", 18), ("胡", 17), ("曹", 16), ("祝", 15), ("严", 14), ("章", 13), ("高", 13), ("潘", 12), ("蒋", 12),
    ("冯", 12), ("邹", 11), ("费", 10), ("董", 10), ("黄", 10), ("郭", 9), ("查", 9), ("汤", 9), ("褚", 8),
    ("戴", 8), ("宋", 8), ("葛", 7), ("殷", 7), ("虞", 6), ("贾", 6), ("凌", 5), ("郁", 5), ("封", 4), ("濮", 4),
    ("平", 3), ("羊", 2), ("宓", 2), ("诸葛", 1),
)  # fmt: skip
NEWCOMER_SURNAMES = (
    ("王", 72), ("李", 72), ("张", 68), ("刘", 54), ("陈", 46), ("杨", 31), ("黄", 24), ("赵", 22), ("吴", 20),
    ("周", 20), ("徐", 14), ("孙", 14), ("马", 13), ("胡", 13), ("郭", 12), ("何", 12), ("罗", 12), ("高", 10),
    ("韦", 8), ("龙", 7), ("田", 7), ("石", 6), ("潘", 6), ("欧阳", 2), ("司马", 1),
)  # fmt: skip

# Characters by sex and generation: born before 1955, before 1975, before 1992, and later.
_GENERATIONS_END = (1955, 1975, 1992)
_SECOND = {
    ("male", 0): "根 荣 福 寿 松 金 阿 炳 关 水 顺 宝 永 财 祥 生 杏 锦 兴 掌 有 云 子 文 德 正 茂",
    ("male", 1): "建 国 明 志 卫 伟 永 新 利 海 忠 学 良 金 林 玉 荣 雪 惠 跃 红 张 小 炳 晓 胜",
    ("male", 2): "伟 杰 晓 志 建 海 俊 斌 永 振 佳 国 春 立 云 旭 凯 文 宇 雪 加 剑 利 鑫",
    ("male", 3): "子 宇 浩 梓 俊 嘉 泽 奕 家 思 博 天 逸 皓 宸 铭 文 晨 佳 睿 一 沐 若 君",
    ("female", 0): "阿 秀 凤 桂 宝 月 金 水 云 彩 玉 巧 招 莲 杏 雪 素 美 锦 兰 惠 文 毛",
    ("female", 1): "丽 建 秀 美 玉 雪 国 小 红 金 惠 利 云 爱 月 菊 亚 凤 志 彩 永 林 晓",
    ("female", 2): "丽 晓 燕 佳 莉 海 雪 春 云 敏 建 静 小 娟 艳 玲 文 婷 琴 凤 霞 洁",
    ("female", 3): "梓 子 欣 诗 雨 思 可 佳 嘉 语 若 一 依 梦 怡 心 沐 艺 芷 奕 晨 婉 允",
}
_THIRD = {
    ("male", 0): "根 生 林 泉 元 法 荣 福 松 宝 祥 江 坤 良 兴 官 奎 明 昌 洪 方 土 发 堂 康",
    ("male", 1): "明 华 平 良 军 兵 强 荣 民 忠 芳 祥 根 江 峰 东 林 国 法 伟 中 康 新 飞 清",
    ("male", 2): "杰 峰 华 超 斌 涛 明 飞 良 锋 平 军 磊 强 辉 刚 东 栋 敏 龙 波 凯 彬 庆",
    ("male", 3): "轩 涵 宇 辰 豪 杰 航 睿 阳 毅 昊 泽 皓 然 熙 诚 希 晨 远 楷 恒 霖 成 乐",
    ("female", 0): "英 珍 宝 娥 仙 花 珠 娜 凤 林 芬 妹 囡 琴 金 南 珠 娣 玉 文 香 宝 美",
    ("female", 1): "英 芬 芳 华 珍 娟 琴 萍 仙 红 妹 英 芬 美 娥 凤 琴 明 玲 香 芳 群 英",
    ("female", 2): "丽 燕 芳 萍 娟 红 琴 英 霞 华 静 玲 敏 艳 洁 婷 飞 莉 锋 平 琼 佳 妮",
    ("female", 3): "涵 萱 怡 欣 彤 琪 妍 悦 玥 瑶 婷 雯 瑜 雨 萌 菲 宁 然 晗 琳 凝 茜 冉",
}
RARE_CHARACTERS = tuple("敭㛃堃喆淼翀赟頔䶮昇镕珺𬭎𬍛𬀩𣲗")
_SINGLE_SHARE = (0.04, 0.2, 0.42, 0.14)
_RARE_SHARE = 0.005


def _pool(surnames: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    return tuple(surname for surname, weight in surnames for _ in range(weight))


_LOCAL = _pool(LOCAL_SURNAMES)
_NEWCOMER = _pool(NEWCOMER_SURNAMES)
_SECOND_POOLS = {key: tuple(text.split()) for key, text in _SECOND.items()}
_THIRD_POOLS = {key: tuple(text.split()) for key, text in _THIRD.items()}


def surname(random: Random, newcomer: bool = False) -> str:
    """A surname of Haining, or of somebody who came from elsewhere."""
    pool = _NEWCOMER if newcomer else _LOCAL
    return pool[int(random.random() * len(pool))]


def given_name(random: Random, sex: str, birth_year: int) -> str:
    """A given name of one or two characters, as that generation was named."""
    generation = sum(birth_year >= end for end in _GENERATIONS_END)
    draw = random.random()
    third = _THIRD_POOLS[sex, generation]
    last = third[int(random.random() * len(third))]
    if draw < _RARE_SHARE:
        last = RARE_CHARACTERS[int(random.random() * len(RARE_CHARACTERS))]
    elif draw > 1 - _SINGLE_SHARE[generation]:
        return last
    second = _SECOND_POOLS[sex, generation]
    first = second[int(random.random() * len(second))]
    return first + last
