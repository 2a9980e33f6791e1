"""The pages, a file a noun; each has its templates in `server/desk/templates/<noun>/`."""
