"""What a person at a desk is told of a refusal. The table of codes speaks to programs and phones too."""

from __future__ import annotations

import msgspec

from server.problem_codes import Code


class RefusalWords(msgspec.Struct, frozen=True):
    """Title and way on, in both languages."""

    title: str
    title_en: str
    next: str
    next_en: str


_WORDS = {
    "bad-token": RefusalWords(
        "请先登录", "Please sign in", "用您的用户名和密码登录。", "Use your user name and password."
    ),
    "wrong-password": RefusalWords(
        "用户名或密码不正确",
        "The user name or the password is wrong",
        "核对后再试；忘记密码请找市级管理员重设。",
        "Check both and try again; the city administrator can set a new password.",
    ),
    "too-many-attempts": RefusalWords(
        "连续输错次数过多", "Too many wrong attempts", "请等一会儿再试。", "Please wait before you try again."
    ),
    "forbidden": RefusalWords(
        "您没有办理这一项的权限",
        "You have no right to do this",
        "窗口的权限按当天轮值给；请今天在窗口的同事办理，或请村社负责人核对岗位与轮值。",
        "The window's rights follow today's rota: ask a colleague who is on duty, or the village lead.",
    ),
    "page-expired": RefusalWords(
        "页面打开得太久，这次没有提交",
        "The page is too old; nothing was sent",
        "您填写的内容还在，核对后再提交一次。",
        "What you typed is still here: check it and send it again.",
    ),
    "account-changed": RefusalWords(
        "这一页是另一个人登录时打开的",
        "This page was opened while somebody else was signed in",
        "请核对内容。提交后，记录里的经办人是现在登录的人。",
        "Please check it. Once it is sent, the record names the person who is signed in now.",
    ),
    "not-found": RefusalWords(
        "没有这个页面，或内容已不在这里",
        "There is no such page, or its content is no longer here",
        "从首页重新进入；记录可能已转到别的村社。",
        "Start from the first page; a record may have moved to another village.",
    ),
    "method-not-allowed": RefusalWords(
        "这个地址不能这样打开",
        "This address cannot be opened like this",
        "从首页重新进入。",
        "Start from the first page.",
    ),
    "request-invalid": RefusalWords(
        "填写的内容有问题，没有提交",
        "Something in the form is wrong; nothing was sent",
        "按下面的提示改好后再提交。",
        "Mend what is named below and send it again.",
    ),
    "unreadable-body": RefusalWords(
        "这次提交的内容无法读取",
        "What was sent cannot be read",
        "返回上一页，重新提交。",
        "Go back and send it again.",
    ),
    "batch-too-large": RefusalWords(
        "这次提交的内容过大",
        "What was sent is too large",
        "返回上一页，删减后再提交。",
        "Go back and shorten it.",
    ),
    "server-busy": RefusalWords(
        "服务器暂时繁忙，没有提交",
        "The server is busy for a moment; nothing was done",
        "稍等几秒再试一次；填写的内容不会丢。",
        "Try again in a few seconds; nothing typed is lost.",
    ),
    "store-full": RefusalWords(
        "服务器磁盘空间已满，没有保存",
        "The server's disk is full; nothing was kept",
        "请管理员清理空间后再提交。",
        "An administrator has to make room first.",
    ),
    "internal-error": RefusalWords(
        "服务器出错了，没有保存",
        "The server failed; nothing was kept",
        "稍后再试一次；仍不成功请联系管理员，并告知时间。",
        "Try again later; if it fails again, tell the administrator the time.",
    ),
}


def desk_words(code: Code) -> RefusalWords:
    """The words of a code; those of the table of codes where there are no others."""
    return _WORDS.get(code.code) or RefusalWords(code.title, code.title_en, f"{code.next}。", "")
