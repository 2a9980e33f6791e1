"""`allpost-field`: the device on a command line. A file a group of commands; `session` is what they share."""

import field_client.cli.cases
import field_client.cli.exchange
import field_client.cli.household
import field_client.cli.items
import field_client.cli.own
import field_client.cli.settling
import field_client.cli.vault
import field_client.cli.visits  # noqa: F401  # each file adds its commands
from field_client.cli.session import app

__all__ = ["app"]
