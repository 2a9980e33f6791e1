"""What people at a desk do with cases: each verb a function that runs inside one store write.

Invariant: nothing here changes a record but through `server.desk_writing.write_as`, and each function asks for its
right first.
"""
