"""What is wrong with something that a person imports: all of it at once, in Chinese first."""

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One mistake. `pointer` is a JSON pointer (RFC 6901) into the input, or `/rows/<n>` for a table (n
    from 1).
    """

    pointer: str
    code: str
    message: str
    message_en: str


class BadInputError(ValueError):
    """An import that cannot be used. `problems` holds every mistake found; nothing was taken over.

    Recovery: show the list, let the person mend the file, and import it again.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("；".join(f"{p.pointer} {p.message}" for p in problems))
