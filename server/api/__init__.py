"""The HTTP surface: a file a noun; a handler is decode → one call → encode."""
