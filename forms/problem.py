"""What is wrong with something a person wrote, said so that the person can mend it.

`MESSAGES` is the one table of codes and texts for answers and numbers; a constraint brings its own text.
"""

import msgspec

# code → (Chinese, English); in braces: the label of the field, and the bound that was passed
MESSAGES: dict[str, tuple[str, str]] = {
    "required": ("请填写“{label}”", "{label} is required"),
    "unknown-field": ("表单中没有这一项", "The form has no such field"),
    "hidden-answer": (
        "“{label}”按其他答案不需填写，所填内容予以保留",
        "{label} is not asked given the other answers; what was filled in is kept",
    ),
    "type": ("“{label}”的内容类型不对", "{label} is of the wrong type"),
    "too-long": ("“{label}”不得超过{bound}字", "{label} must not be longer than {bound} characters"),
    "pattern": ("“{label}”的格式不对", "{label} does not have the expected form"),
    "number-form": ("“{label}”应为数字", "{label} must be a number"),
    "too-small": ("“{label}”不得小于{bound}", "{label} must not be less than {bound}"),
    "too-large": ("“{label}”不得大于{bound}", "{label} must not be more than {bound}"),
    "date-form": ("“{label}”应为真实日期，如2026-01-31", "{label} must be a real date such as 2026-01-31"),
    "too-early": ("“{label}”不得早于{bound}", "{label} must not be before {bound}"),
    "too-late": ("“{label}”不得晚于{bound}", "{label} must not be after {bound}"),
    "option": ("“{label}”中没有这个选项", "{label} has no such option"),
    "repeated": ("“{label}”中有重复", "{label} names something twice"),
    "too-few": ("“{label}”至少{bound}项", "{label} needs at least {bound}"),
    "too-many": ("“{label}”至多{bound}项", "{label} takes at most {bound}"),
    "digest": ("“{label}”的文件摘要不对", "{label} must hold SHA-256 digests"),
    "row-id": ("“{label}”的行编号不对", "{label} has a row without a proper id"),
    "identity-number-form": (
        "证件号应为18位，前17位为数字",
        "An identity number has 18 characters, the first 17 are digits",
    ),
    "identity-number-birth-date": (
        "证件号中的出生日期不存在",
        "The birth date in the identity number does not exist",
    ),
    "identity-number-birth-future": (
        "证件号中的出生日期晚于今天",
        "The birth date in the identity number is in the future",
    ),
    "identity-number-check-digit": (
        "证件号校验位不符，请核对",
        "The check digit of the identity number does not match",
    ),
    "credit-code-form": (
        "统一社会信用代码应为18位数字或字母（不用I、O、Z、S、V）",
        "A credit code has 18 digits or letters other than I, O, Z, S, V",
    ),
    "credit-code-check-digit": (
        "统一社会信用代码校验位不符，请核对",
        "The check digit of the credit code does not match",
    ),
    "bank-account-form": ("银行账号应为9至32位数字", "A bank account has 9 to 32 digits"),
    "bank-account-luhn": (
        "银行卡号校验不符，请核对；存折账号可忽略",
        "The card number's check digit does not match; a passbook has none",
    ),
    "phone-form": (
        "应为11位手机号，或带区号的固定电话",
        "Not a mainland mobile number, nor a landline with its area code",
    ),
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mistake, or one remark.

    `pointer` is a JSON pointer (RFC 6901) to the value; `code` is stable and meant for programs. A `remark`
    is told and never refused: the worker may well be right.
    """

    pointer: str
    code: str
    message: str
    message_en: str
    remark: bool = False


def problem(
    pointer: str, code: str, *, label: str = "", label_en: str = "", bound: object = "", remark: bool = False
) -> Problem:
    """The problem of that code, its texts from `MESSAGES`."""
    message, message_en = MESSAGES[code]
    return Problem(
        pointer=pointer,
        code=code,
        message=message.format(label=label, bound=bound),
        message_en=message_en.format(label=label_en or label, bound=bound),
        remark=remark,
    )


def pointer_to(*parts: str | int) -> str:
    """The JSON pointer of a place, escaped as RFC 6901 says."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def mistakes(problems: list[Problem]) -> list[Problem]:
    """Only what must be mended, without the remarks."""
    return [found for found in problems if not found.remark]
