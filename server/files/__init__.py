"""Photos and other files: taken in piece by piece or whole, checked, kept once under their digest, served to few.

Promises: what is told as durable is on the disk, whole, checked and readable with the server's keys; an upload's offset
never runs ahead of what is on the disk; bytes of a file are only ever served as an attachment.
"""
