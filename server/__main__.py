"""`python -m server` is `allpost-server`."""

from server.cli import app

app()
