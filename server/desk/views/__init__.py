"""What pages show: plain functions on a snapshot that give values, no HTML. A page's rights are its handler's."""
