"""The web pages of the village window and the town: Litestar, Jinja templates, htmx.

Promises: every page can be read and every form sent without JavaScript; what somebody typed comes back with each
refusal; nothing is shown before `server.roles` has said that this account may see it; whoever reads a resident's data
is in the audit log. Nothing here writes SQL (`server/store/`) or decides about records (`server/casework/`,
`server/settling.py` and the like): a page is read → one template, a form is check → one call → redirect.

Read on: `routes` (all pages) → `desk` (reading, acting and showing) → `visitor` (who looks, from which place) →
`pages/<noun>.py` with `templates/<noun>/`.
"""
