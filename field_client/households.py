"""Households and residents: finding them, changing them, and looking at a masked number on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from field_client.capture import Captured
from field_client.due import SOON_DAYS, DueHousehold, due_households, in_walking_order
from field_client.errors import NotFound
from field_client.view import View
from forms.codes import mask_identity_number
from grid_map.house_numbers import house_number_key
from sync.record import Record

if TYPE_CHECKING:
    from field_client.device import Device

IDENTITY_NUMBER = "identity_number"
BEGINNING_MIN = 8
"""An id's first group: less of it is rather a house number or the end of a phone number."""
CANDIDATES_MAX = 5


class Revealed(msgspec.Struct, frozen=True):
    """An identity number shown in full, and the operation that says so."""

    number: str
    captured: Captured


class Households:
    """What a device shows and captures of households and their residents."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def search(self, query: str = "") -> list[Record]:
        """Households whose own or whose residents' name, initials, house number, address or phone match."""
        view = self._device.view
        found = {record.id: record for record in view.search("household", query)}
        if query.strip():
            for resident in view.search("resident", query):
                household = view.get(str(resident.values.get("household")))
                if household is not None and household.void is None:
                    found[household.id] = household
        return sorted(found.values(), key=_door)

    def get(self, household: str) -> Record:
        """A household by its id, by the beginning of it, or by a search that only one matches."""
        view = self._device.view
        record = view.get(household)
        if record is not None and record.kind == "household":
            return record
        found = _beginning(view, "household", household) or self.search(household)
        return one_of(found, household, "户", "household")

    def resident(self, resident: str) -> Record:
        """A resident by the id, by the beginning of it, or by a search that only one matches."""
        view = self._device.view
        record = view.get(resident)
        if record is not None and record.kind == "resident":
            return record
        found = _beginning(view, "resident", resident) or view.search("resident", resident)
        found = [one for one in found if not one.values.get("merged_into")]
        # a whole name means who bears it, not everybody whose name begins so
        found = [one for one in found if one.values["name"] == resident] or found
        return one_of(found, resident, "居民", "resident")

    def residents(self, household: str) -> list[Record]:
        """Who lives in a household, as it is shown."""
        return residents_of(self._device.view, household)

    def due(
        self,
        within_days: int = SOON_DAYS,
        limit: int = 20,
        start: tuple[float, float] | None = None,
        own_grids: bool = True,
    ) -> list[DueHousehold]:
        """Today's due households in walking order, the most urgent `limit` of them."""
        device = self._device
        grids = None
        if own_grids:
            grids = frozenset(grid for of in device.scope.villages for grid in of.grids) or None
        found = due_households(device.view, device.now_ms(), grids, within_days)
        return in_walking_order(found, start, limit)

    def create(
        self, village: str, fields: dict[str, Any], anyway: bool = False, record: str | None = None
    ) -> Captured:
        """A household that was not known yet."""
        return self._device.create("household", village, fields, record, anyway)

    def change(self, household: str, fields: dict[str, Any], anyway: bool = False) -> Captured:
        """Change fields of a household."""
        return self._device.change("household", household, fields, anyway)

    def add_resident(self, household: str, fields: dict[str, Any], anyway: bool = False) -> Captured:
        """A resident of a household who was not known yet."""
        village = self.get(household).village
        return self._device.create("resident", village, {"household": household, **fields}, None, anyway)

    def change_resident(self, resident: str, fields: dict[str, Any], anyway: bool = False) -> Captured:
        """Change fields of a resident."""
        return self._device.change("resident", resident, fields, anyway)

    def reveal(self, resident: str, reason: str) -> Revealed:
        """An identity number in full. That it was looked at, by whom and why, is an operation like any other."""
        device = self._device
        record = device.record("resident", resident)
        number = record.values.get(IDENTITY_NUMBER)
        if number is None:
            raise NotFound("没有登记证件号", "no identity number is recorded")
        captured = device.create(
            "reading",
            record.village,
            {
                "subject": resident,
                "field": IDENTITY_NUMBER,
                "reason": reason,
                "worker": device.worker,
                "read_at": device.said(),
            },
        )
        return Revealed(str(number), captured)

    def ask(self, village: str, text: str, household: str | None = None) -> Captured:
        """What residents ask for and the catalogue does not have (居民问到、目录没有)."""
        device = self._device
        fields = {"text": text, "worker": device.worker, "asked_at": device.said()}
        if household is not None:
            fields["household"] = household
        return device.create("request", village, fields)


def _beginning(view: View, kind: str, beginning: str) -> list[Record]:
    if len(beginning) < BEGINNING_MIN or beginning[BEGINNING_MIN : BEGINNING_MIN + 1] not in ("", "-"):
        return []
    return [one for one in view.of_kind(kind) if one.id.startswith(beginning)]


def residents_of(view: View, household: str) -> list[Record]:
    """The residents of a household, its head first, those merged into another one left out."""
    found = [one for one in view.children(household, "resident") if not one.values.get("merged_into")]
    return sorted(found, key=lambda one: (one.values.get("relation") != "户主", one.id))


def masked(record: Record) -> dict[str, Any]:
    """A record's values as lists show them: identity numbers masked."""
    return {
        field: mask_identity_number(value)
        if field.endswith(IDENTITY_NUMBER) and isinstance(value, str)
        else value
        for field, value in record.values.items()
    }


def one_of(found: list[Record], query: str, label: str, label_en: str) -> Record:
    """The one record that was meant. NotFound where there is none, or more than one."""
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(
            f"本机没有找到这{label}：{query}",
            f"no {label_en} found: {query}",
            "换成姓名、拼音首字母、门牌号或电话尾号再试：allpost-field households search",
            "try a name, pinyin initials, a house number or the end of a phone number",
        )
    some = "、".join(_told_apart(one) for one in found[:CANDIDATES_MAX])
    more = "……" if len(found) > CANDIDATES_MAX else ""
    raise NotFound(
        f"找到{len(found)}{label}，请写得更具体：{query}",
        f"{len(found)} {label_en}s match; say more: {query}",
        f"写全姓名、门牌号或编号的开头：{some}{more}",
        f"give the whole name, the house number or the beginning of the id: {some}{more}",
    )


def _told_apart(one: Record) -> str:
    """A record among others that were found too."""
    values = one.values
    more = values.get("house_number") or values.get("birth_date") or values.get("address") or ""
    return f"{values.get('name', '')}（{more}，{one.id[:18]}）"


def _door(household: Record) -> Any:
    return (
        str(household.grid or ""),
        house_number_key(str(household.values.get("house_number", ""))),
        household.id,
    )
