"""The browser's word to a service worker that there is a network (Background Sync), said when a drill wants it."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.served_demo import eventually

TAG = "allpost-hand-over"


def dispatch_sync(page: Page, address: str) -> None:
    """Say it to the app's service worker, from a page that need not be the app's; fulfilled when it was said."""
    session = page.context.new_cdp_session(page)
    found: list[str] = []

    def seen(told: dict[str, list[dict[str, object]]]) -> None:
        found.extend(
            str(one["registrationId"])
            for one in told["registrations"]
            if not one["isDeleted"] and str(one["scopeURL"]).startswith(address)
        )

    session.on("ServiceWorker.workerRegistrationUpdated", seen)
    session.send("ServiceWorker.enable")

    def known() -> bool:
        page.wait_for_timeout(50)  # what the browser tells is heard while the page is waited for
        return bool(found)

    eventually(known)
    session.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": address, "registrationId": found[-1], "tag": TAG, "lastChance": False},
    )
    session.detach()
