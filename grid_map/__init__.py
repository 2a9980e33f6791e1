"""Where people live, who is due a visit, and how visits are counted. Pure: no clock, no disk, no randomness.

What this package promises:
- the same input gives the same answer on every machine: days are days in Asia/Shanghai (fixed UTC+8),
  ties are broken by code or id, and a point on a border belongs to the grid with the lowest code;
- every number names its counting rule and can list the visits that explain it, those that did not count
  included;
- an odd location is a remark for a person to look at and never a block.

What it refuses: to read a clock (time is an argument), to rank workers, to invent geography. The
demonstration geometry is labelled 演示位置.

Positions are (lon, lat) pairs in degrees, the order of GeoJSON (RFC 7946, 3.1.1), WGS-84 unless said
otherwise.

Reading order: `divisions`, `grids`, `visit_classes`, `counting`, then what stands on them.
Importing this package or `visit_classes`, `counting`, `pace`, `coverage` loads neither shapely nor geopy.
"""
