"""`allpost-server check`: whether the store is what its operations made it, and where it is not.

Four looks, each by its own file: `chains` (every device's history is whole), `stored` (rows agree with their bodies,
versions and state hashes with the records), `facts` (counts and typed copies agree with the records), `replay` (all
operations, taken in again in the order of their receipt, make the same records). Nothing is written or repaired.
"""
