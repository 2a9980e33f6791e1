"""The demonstration city: people, visits and cases that never were, for trying the system and measuring it.

What this package promises: the same seed, village and day give the same bytes on every machine, and villages
do not depend on each other; no identity number, phone number or position in it can be a real person's
(`docs/demonstration.md` says why); nothing in it happens on or after the day that it is made for.

What it refuses: to write anything. It yields `Fact`s and `Change`s in the order of their time; the server turns
each into an operation of a device of its own, so demonstration data passes through the same merge as all else.

Reading order: `facts`, `population`, `visit_mix`, `rota`, `rounds`, `cases`, `city`.
"""
