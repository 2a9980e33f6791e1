"""Tables of accounts, sign-ins at the desk, failed attempts and the audit log. Times are UTC, ISO 8601."""

from sqlite_utils import Database

from server.store.migrations import Step


def create_accounts(database: Database) -> None:
    """accounts.id is the worker id that operations, rotas and assignments name."""
    database.create_table(
        "accounts",
        {
            "id": str,
            "username": str,
            "name": str,
            "role": str,
            "division": str,
            "departments": str,  # JSON list; only a town clerk's is not empty
            "password_hash": str,
            "demonstration": int,
            "created_at": str,
            "closed_at": str,
        },
        pk="id",
        not_null={"username", "name", "role", "division", "departments", "password_hash", "demonstration"},
        strict=True,
    )
    database.table("accounts").create_index(["username"], unique=True)
    database.table("accounts").create_index(["division"])


def create_sessions(database: Database) -> None:
    """A desk session; `token_hash` is the SHA-256 of the bearer token, which is stored nowhere."""
    database.create_table(
        "sessions",
        {"token_hash": bytes, "account": str, "created_at": str, "expires_at": str},
        pk="token_hash",
        not_null={"account", "created_at", "expires_at"},
        strict=True,
    )
    database.table("sessions").create_index(["account"])
    database.table("sessions").create_index(["expires_at"])


def create_attempts(database: Database) -> None:
    """Failed sign-ins in a row; `subject` is a digest of user name and address (people type passwords there)."""
    database.create_table(
        "sign_in_attempts",
        {"subject": bytes, "failures": int, "wait_until_ms": int},
        pk="subject",
        not_null={"failures", "wait_until_ms"},
        strict=True,
    )
    database.table("sign_in_attempts").create_index(["wait_until_ms"])


def create_audit(database: Database) -> None:
    """Who did or read what. Append-only: triggers refuse to change or remove a row."""
    database.create_table(
        "audit",
        {
            "id": int,
            "time": str,
            "account": str,
            "device": str,
            "action": str,
            "subject_kind": str,
            "subject": str,
            "village": str,
            "detail": str,  # JSON, never a resident's content
        },
        pk="id",
        not_null={"time", "action", "detail"},
        strict=True,
    )
    database.table("audit").create_index(["subject_kind", "subject"])
    database.table("audit").create_index(["village", "id"])
    for event in ("update", "delete"):
        database.execute(
            f"CREATE TRIGGER audit_no_{event} BEFORE {event.upper()} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )


ACCOUNTS_STEPS: list[Step] = [
    ("0001_accounts", create_accounts),
    ("0002_sessions", create_sessions),
    ("0003_sign_in_attempts", create_attempts),
    ("0004_audit", create_audit),
]
