"""Erasing a resident: out of records, operations, segments, files and what the devices keep (docs/erasure.md).

`belonging` says what belongs to a resident, `finding` looks for it in the whole store, `erasing` removes it in one
transaction, `preview` tells a person beforehand what will go and what no program can know.
"""
