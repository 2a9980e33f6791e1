"""The item catalogue, the forms of items, and how cases are handled.

Promises: everything here is a function of its arguments; the same answers give the same problems on the server,
on the Python device and on the phone (`tests/vectors/forms.json`, `codes.json`, `answers.json`); a check tells
every problem at once, in Chinese and English, with the place of each.

Refuses: to read a clock, a file (but the package's own data) or the network; to guess: what a catalogue does
not know is None and shown as 未载明, what an expression cannot decide is unknown and demands nothing; to call a
number wrong because its county is not in a table.

Where to begin: `catalogue` (items), `definition` (forms as data), `check` (answers), `codes` (numbers that people
carry), `search`, and the package `handling` (workflows, working days, promised dates).
"""
