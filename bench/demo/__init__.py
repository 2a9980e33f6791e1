"""`make demo`: one grid day of a village without a browser, counted at its end (see `day`)."""
