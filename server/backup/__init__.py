"""Backups of a data folder, taken beside a running server, and restoring one (docs/backup.md).

`manifest` says what a backup holds, `taking` makes one, `sealed_keys` wraps its keys, `restoring` brings one back.
"""
