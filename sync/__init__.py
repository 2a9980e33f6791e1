"""How two copies become one: the sync protocol's pure core.

Promises: the same inputs always give the same result; nothing here reads a clock, a disk, a socket or a source of
randomness (they come in as arguments). A device and the server call the same functions, so what a device shows
before it is connected is what the server will hold if nobody else writes.

Refuses: to lose an operation. Every function that judges one returns an outcome that its worker can see; an
operation that cannot be applied is kept with its reasons, never dropped.

Read on: `operation` (what is captured) → `chain` (its order) → `kinds` (what it may say) → `judge` (what becomes of
it) → `merge` (field by field) → `overlay` (what a device shows meanwhile). The wire is described in
`docs/protocol.md`.
"""
