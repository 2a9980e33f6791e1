"""What maps and receipts of figures need of `records`: the grids of a village without a look at everything else."""

from sqlite_utils import Database

from server.store.migrations import Step


def index_grids(database: Database) -> None:
    """A village's few grid records are found by an index that holds nothing else."""
    database.conn.execute("CREATE INDEX records_of_grids ON records (village) WHERE kind = 'grid'")


MAPS_STEPS: list[Step] = [("0711_index_grids", index_grids)]
