"""Grids as GeoJSON (RFC 7946), in and out.

In: a FeatureCollection of Polygon or MultiPolygon features with the properties `code`, `name`, `village` and, if
they apply, `effective_from`, `effective_to` (ISO dates), `version`, `label`. Every mistake in the file is reported
at once. Rings wound the wrong way are turned, as the RFC asks of readers (3.1.6). Out: the same, so that writing
and reading again gives the same grids.

GeoJSON is WGS-84 only (RFC 7946, 4). A file in GCJ-02 or BD-09 is to be converted before (`coordinates`).
"""

import math
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import msgspec
import shapely
from shapely.validation import explain_validity

from grid_map.grids import CodeRule, Grid, Ring
from grid_map.problems import BadInputError, Problem

_KINDS = ("Polygon", "MultiPolygon")
_WGS84_NAMES = frozenset({"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "EPSG:4326"})
_PROPERTIES = ("code", "name", "village", "effective_from", "effective_to", "version", "label")


def write_grids(grids: Iterable[Grid]) -> bytes:
    """A FeatureCollection, UTF-8, rings wound by the right-hand rule; empty properties are left out."""
    return msgspec.json.encode({"type": "FeatureCollection", "features": [feature(g) for g in grids]})


def feature(grid: Grid) -> dict[str, Any]:
    """One grid as a GeoJSON feature: a Polygon when it has one part, else a MultiPolygon."""
    kept = {name: getattr(grid, name) for name in _PROPERTIES}
    single = len(grid.parts) == 1
    return {
        "type": "Feature",
        "id": grid.code,
        "properties": {name: value for name, value in kept.items() if value not in {None, ""}},
        "geometry": {
            "type": "Polygon" if single else "MultiPolygon",
            "coordinates": grid.parts[0] if single else grid.parts,
        },
    }


def read_grids(data: bytes | str, rule: CodeRule | None = None) -> tuple[Grid, ...]:
    """The grids of a file, in its order.

    `rule` is the code rule that every code must follow, by default village code + 3 digits. Raises BadInputError
    with every mistake found, in file order.
    """
    features = _features(_decoded(data))
    rule = rule or CodeRule()
    problems: list[Problem] = []
    grids: list[Grid] = []
    known: set[tuple[str, int]] = set()
    for number, item in enumerate(features):
        at = f"/features/{number}"
        found, grid = _read_feature(at, item, rule)
        problems += found
        if grid is None:
            continue
        if (grid.code, grid.version) in known:
            problems.append(
                Problem(
                    f"{at}/properties/code", "repeated", f"网格编码重复：{grid.code}", "repeated grid code"
                )
            )
        known.add((grid.code, grid.version))
        grids.append(grid)
    if problems:
        raise BadInputError(problems)
    return tuple(grids)


def _decoded(data: bytes | str) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = "文件不是有效的 JSON（UTF-8）"
        raise BadInputError([Problem("", "json", message, f"not valid JSON: {error}")]) from error


def _features(document: Any) -> list[Any]:
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        problem = Problem("/type", "type", "应为 FeatureCollection", "a FeatureCollection is needed")
        raise BadInputError([problem])
    problems: list[Problem] = []
    if "crs" in document and not _is_wgs84(document["crs"]):
        message = "坐标系应为 WGS-84（RFC 7946 不允许其他坐标系），请先转换"
        problems.append(Problem("/crs", "crs", message, "GeoJSON is WGS-84 only; convert first"))
    features = document.get("features")
    if not isinstance(features, list):
        problems.append(Problem("/features", "type", "features 应为数组", "features must be an array"))
    if problems or not isinstance(features, list):
        raise BadInputError(problems)
    return features


def _is_wgs84(crs: Any) -> bool:
    try:
        return crs["properties"]["name"] in _WGS84_NAMES
    except (KeyError, TypeError):
        return False


def _read_feature(at: str, item: Any, rule: CodeRule) -> tuple[list[Problem], Grid | None]:
    if not isinstance(item, dict) or item.get("type") != "Feature":
        return [Problem(f"{at}/type", "type", "应为 Feature", "a Feature is needed")], None
    problems = list(_property_problems(f"{at}/properties", item.get("properties"), rule))
    parts, bad = _read_geometry(f"{at}/geometry", item.get("geometry"))
    problems += bad
    if problems:
        return problems, None
    properties = {k: v for k, v in item["properties"].items() if k in _PROPERTIES and v is not None}
    return [], msgspec.convert({**properties, "parts": parts}, Grid)


def _property_problems(at: str, properties: Any, rule: CodeRule) -> Iterator[Problem]:
    if not isinstance(properties, dict):
        yield Problem(at, "type", "缺少 properties", "properties are missing")
        return
    for name in ("code", "name", "village"):
        value = properties.get(name)
        if not isinstance(value, str) or not value.strip():
            yield Problem(
                f"{at}/{name}", "required", f"缺少 {name}，或不是文字", f"{name} is missing or not text"
            )
    village, code = properties.get("village"), properties.get("code")
    if isinstance(village, str) and not (len(village) == 12 and village.isascii() and village.isdigit()):
        yield Problem(
            f"{at}/village", "village", f"村社代码应为 12 位数字：{village}", "a village code has 12 digits"
        )
    elif isinstance(village, str) and isinstance(code, str) and not rule.matches(code, village):
        message = f"网格编码应为村社代码加 {rule.digits} 位数字：{code}"
        yield Problem(
            f"{at}/code", "code", message, f"a grid code is the village code and {rule.digits} digits"
        )
    version = properties.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        yield Problem(
            f"{at}/version", "version", "版本应为从 1 起的整数", "a version is an integer from 1 on"
        )
    if not isinstance(properties.get("label") or "", str):
        yield Problem(f"{at}/label", "type", "label 应为文字", "label must be text")
    yield from _date_problems(at, properties)


def _date_problems(at: str, properties: dict[str, Any]) -> Iterator[Problem]:
    days = {}
    for name in ("effective_from", "effective_to"):
        if properties.get(name) is not None:
            try:
                days[name] = msgspec.convert(properties[name], date)
            except msgspec.ValidationError:
                yield Problem(f"{at}/{name}", "date", "日期格式应为 2026-01-31", "not an ISO date")
    if len(days) == 2 and days["effective_to"] < days["effective_from"]:
        yield Problem(f"{at}/effective_to", "period", "失效日期早于生效日期", "ends before it begins")


def _read_geometry(at: str, geometry: Any) -> tuple[tuple[tuple[Ring, ...], ...], list[Problem]]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in _KINDS:
        return (), [
            Problem(f"{at}/type", "type", "几何类型应为 Polygon 或 MultiPolygon", "not a (Multi)Polygon")
        ]
    coordinates = geometry.get("coordinates")
    if kind == "Polygon":
        part, problems = _read_part(f"{at}/coordinates", coordinates)
        return ((part,) if part else ()), problems
    if not isinstance(coordinates, list) or not coordinates:
        return (), [Problem(f"{at}/coordinates", "empty", "没有坐标", "no coordinates")]
    parts: list[tuple[Ring, ...]] = []
    problems = []
    for number, item in enumerate(coordinates):
        part, bad = _read_part(f"{at}/coordinates/{number}", item)
        parts.append(part)
        problems += bad
    if not problems and not shapely.MultiPolygon([shapely.Polygon(p[0], p[1:]) for p in parts]).is_valid:
        problems.append(Problem(f"{at}/coordinates", "shape", "各部分互相重叠", "the parts overlap"))
    return tuple(parts), problems


def _read_part(at: str, rings: Any) -> tuple[tuple[Ring, ...], list[Problem]]:
    if not isinstance(rings, list) or not rings:
        return (), [Problem(at, "empty", "没有坐标", "no coordinates")]
    problems = [p for number, ring in enumerate(rings) for p in _ring_problems(f"{at}/{number}", ring)]
    if problems:
        return (), problems
    shape = _polygon(rings)
    if not shape.is_valid:
        return (), [Problem(at, "shape", "多边形自相交或内环越界", explain_validity(shape))]
    shape = shapely.orient_polygons(shape)
    return tuple(_positions(r) for r in (shape.exterior, *shape.interiors)), []


def _polygon(rings: list[list[list[float]]]) -> shapely.Polygon:
    """Heights are left out: a grid is flat."""
    flat = [[position[:2] for position in ring] for ring in rings]
    return shapely.Polygon(flat[0], flat[1:])


def _positions(ring: shapely.LinearRing) -> Ring:
    return tuple((float(lon), float(lat)) for lon, lat in shapely.get_coordinates(ring))


def _ring_problems(at: str, ring: Any) -> Iterator[Problem]:
    if not isinstance(ring, list) or len(ring) < 4:
        yield Problem(at, "ring", "环至少要有 4 个点", "a ring has at least 4 positions")
        return
    wrong = [f"{at}/{n}" for n, position in enumerate(ring) if not _is_position(position)]
    for pointer in wrong:
        message = "坐标应为 [经度, 纬度]，经度在 ±180、纬度在 ±90 以内"
        yield Problem(pointer, "position", message, "a position is [lon, lat] within ±180 and ±90")
    if not wrong and ring[0][:2] != ring[-1][:2]:
        yield Problem(at, "open", "环没有闭合：首尾两点应相同", "the ring is not closed")


def _is_position(position: Any) -> bool:
    if not isinstance(position, list) or not 2 <= len(position) <= 3:
        return False
    if any(isinstance(n, bool) or not isinstance(n, int | float) or not math.isfinite(n) for n in position):
        return False
    return bool(abs(position[0]) <= 180 and abs(position[1]) <= 90)
