"""The desk in the demonstration: accounts signed in to the data API."""

from __future__ import annotations

from typing import Any

import httpx


class Desk:
    """One account at the data API of a server."""

    def __init__(self, address: str, account: dict[str, str]) -> None:
        self._client = httpx.Client(base_url=f"{address}/api/v1", timeout=30)
        told = self.post("/sessions", username=account["username"], password=account["password"])
        self._client.headers["authorization"] = f"Bearer {told['token']}"
        self.id: str = told["account"]["id"]
        self.name: str = told["account"]["name"]

    def get(self, path: str, **query: str) -> Any:
        """Read; RuntimeError with the server's words where it refuses."""
        return self._told(self._client.get(path, params=query))

    def post(self, path: str, **body: Any) -> Any:
        """Write; RuntimeError with the server's words where it refuses."""
        return self._told(self._client.post(path, json=body))

    @staticmethod
    def _told(response: httpx.Response) -> Any:
        if response.status_code >= 400:
            raise RuntimeError(f"{response.request.url.path}: {response.text}")
        return response.json()
