"""The states a case can be in, and who may move it, with the words that people see.

Identifiers travel and never change; labels are for people (domain notes, Handling a case).
"""

from enum import StrEnum
from typing import Final

from forms.definition import Label


class Actor(StrEnum):
    """In what capacity somebody makes a move; one person may have several at once."""

    WORKER = "worker"  # holds the case
    WINDOW = "window"  # is on duty at the village's comprehensive window today
    TOWN_CLERK = "town_clerk"  # works the town's queue of the item's department


class State(StrEnum):
    """Where a case stands. Which of them a mode uses, and in which order, says `workflow.WORKFLOWS`."""

    REGISTERED = "registered"
    AWAITING_ONLINE = "awaiting_online"
    FINISHED = "finished"
    ENTRUSTED = "entrusted"
    RECEIVED = "received"
    HANDED_UP = "handed_up"
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    PROCESSING = "processing"
    SUPPLEMENTING = "supplementing"
    GRANTED = "granted"
    REFUSED = "refused"
    TERMINATED = "terminated"
    DELIVERED = "delivered"
    ARCHIVED = "archived"
    FOLLOWED_UP = "followed_up"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    TRANSFERRED = "transferred"
    REPORTED_BACK = "reported_back"
    INFORMED = "informed"
    RECORDED = "recorded"


ACTOR_LABELS: Final = {
    Actor.WORKER: Label(zh="承办人", en="the worker who holds the case"),
    Actor.WINDOW: Label(zh="值班窗口", en="the window on duty"),
    Actor.TOWN_CLERK: Label(zh="镇街经办人", en="the town clerk"),
}

STATE_LABELS: Final = {
    State.REGISTERED: Label(zh="登记", en="registered"),
    State.AWAITING_ONLINE: Label(zh="待联办", en="awaiting the department's system"),
    State.FINISHED: Label(zh="办结", en="finished"),
    State.ENTRUSTED: Label(zh="委托", en="entrusted"),
    State.RECEIVED: Label(zh="收件", en="received by the village"),
    State.HANDED_UP: Label(zh="报送", en="handed up to the town"),
    State.ACCEPTED: Label(zh="受理", en="accepted by the department"),
    State.NOT_ACCEPTED: Label(zh="不予受理", en="not accepted"),
    State.PROCESSING: Label(zh="办理", en="being processed"),
    State.SUPPLEMENTING: Label(zh="补正", en="awaiting a supplement"),
    State.GRANTED: Label(zh="准予", en="granted"),
    State.REFUSED: Label(zh="不予", en="refused"),
    State.TERMINATED: Label(zh="终止", en="terminated"),
    State.DELIVERED: Label(zh="送达", en="delivered"),
    State.ARCHIVED: Label(zh="归档", en="archived"),
    State.FOLLOWED_UP: Label(zh="回访", en="followed up"),
    State.WITHDRAWN: Label(zh="撤回", en="withdrawn by the applicant"),
    State.ANSWERED: Label(zh="当场答复", en="answered on the spot"),
    State.TRANSFERRED: Label(zh="流转", en="transferred"),
    State.REPORTED_BACK: Label(zh="反馈", en="reported back"),
    State.INFORMED: Label(zh="已告知", en="informed"),
    State.RECORDED: Label(zh="随走访", en="recorded with its visit"),
}
