"""How commands speak: results on standard output, mistakes in one message on standard error, exit code 1."""

import functools
from collections.abc import Callable
from typing import ParamSpec

import typer

from server.certificate import CertificateError
from server.keys import KeyFileError
from server.problem import ProblemError
from server.serve import ServeError
from server.settings import SettingsError
from server.store.errors import StoreError

P = ParamSpec("P")


class CommandError(Exception):
    """Something that the person at the keyboard can put right; the message says how."""


def say(text: str) -> None:
    typer.echo(text)


def mistakes_told(command: Callable[P, None]) -> Callable[P, None]:
    """Tell a person's mistakes as a message; anything else is a fault of ours and keeps its traceback."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (
            CommandError,
            SettingsError,
            KeyFileError,
            StoreError,
            CertificateError,
            ServeError,
        ) as error:
            typer.secho(str(error), fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from None
        except ProblemError as error:
            typer.secho(_refusal(error), fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from None

    return told


def _refusal(error: ProblemError) -> str:
    """A refusal as a person reads it: what it is, every mistake, what to do next."""
    said = f"{error.code.title} / {error.code.title_en}"
    detail = [error.detail] if error.detail else []
    mistakes = [f"  {found.message} / {found.message_en}" for found in error.problems]
    return "\n".join([said, *detail, *mistakes, f"→ {error.code.next}"])
