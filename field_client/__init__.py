"""The Python device: captures operations without a network, hands them over in order, and follows its villages.

Promises
- What `Device.capture` returned is on the disk (one transaction, fsync); a crash at any instant loses none of it.
- Nothing here merges: a device shows its copy of the server's records with its own operations laid over it, both by
  `sync`. A rejected or held operation stays in sight until a person settles it.
- Everything but `enrol` and `sync` works without a network.

Refuses: two processes on one file; to overwrite a damaged file; to send an operation under another identity than the
one that captured it, except by enrolling anew, which keeps every id.

Reading order: `store`, `outbox`, `capture`, `record_copy`, `push`, `pull`, `sync_loop`, `device`, `cli`.
"""

from field_client.device import Device
from field_client.errors import FieldError

__all__ = ["Device", "FieldError"]
