"""The order in which the schema grew: one list, put together from the modules that own the tables.

A released migration is never edited or moved; a change of the schema is a new one at the end.
"""

from server.store.migrations import Step
from server.store.schema_accounts import ACCOUNTS_STEPS
from server.store.schema_desk import DESK_STEPS
from server.store.schema_drafts import DRAFTS_STEPS
from server.store.schema_epochs import EPOCHS_STEPS
from server.store.schema_erasure import ERASURE_STEPS
from server.store.schema_files import FILES_STEPS
from server.store.schema_hand_ups import HAND_UPS_STEPS
from server.store.schema_maps import MAPS_STEPS
from server.store.schema_numbers import NUMBERS_STEPS
from server.store.schema_pages import PAGES_STEPS
from server.store.schema_people import PEOPLE_STEPS
from server.store.schema_standing import STANDING_STEPS
from server.store.schema_sync import SYNC_STEPS

MIGRATIONS: list[Step] = [
    *ACCOUNTS_STEPS,
    *SYNC_STEPS,
    *DESK_STEPS,
    *EPOCHS_STEPS,
    *STANDING_STEPS,
    *FILES_STEPS,
    *ERASURE_STEPS,
    *PAGES_STEPS,
    *MAPS_STEPS,
    *NUMBERS_STEPS,
    *HAND_UPS_STEPS,
    *PEOPLE_STEPS,
    *DRAFTS_STEPS,
]
