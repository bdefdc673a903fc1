"""The control page and its JSON interface, on a port of their own.

GET    /api/parties                              all boards
GET    /api/parties/{key}                        one board
POST   /api/parties/{key}/switches/{name}        {"value": true, "times": 1, "only": ["register"]}
DELETE /api/parties/{key}/switches[/{name}]      off
POST   /api/parties/{key}/actions/{name}         {parameters} -> what came of it
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.app import Config, HttpSite, Site
from sandbox.control.board import Board, Control, Switch
from sandbox.control.page import board_page, index_page


def build(config: Config, _state: Path, control: Control) -> list[Site]:
    """The control port."""
    section = config.section("control")
    pages = _Pages(control)
    return [HttpSite("control", pages.application, config.host, int(section.get("port", 8100)))]


class _Pages:
    def __init__(self, control: Control) -> None:
        self.control = control

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.get("/", self.index),
                web.get("/parties/{key}", self.party),
                web.post("/parties/{key}/switches/{name}", self.form_switch),
                web.post("/parties/{key}/actions/{name}", self.form_action),
                web.get("/api/parties", self.api_list),
                web.get("/api/parties/{key}", self.api_show),
                web.post("/api/parties/{key}/switches/{name}", self.api_switch),
                web.delete("/api/parties/{key}/switches", self.api_all_off),
                web.delete("/api/parties/{key}/switches/{name}", self.api_off),
                web.post("/api/parties/{key}/actions/{name}", self.api_action),
            ]
        )
        return application

    async def index(self, _request: web.Request) -> web.Response:
        return _html(index_page(list(self.control.boards.values())))

    async def party(self, request: web.Request) -> web.Response:
        return _html(board_page(self._board(request)))

    async def form_switch(self, request: web.Request) -> web.Response:
        board, switch = self._switch(request)
        form = await request.post()
        text = str(form.get("value", "")).strip()
        switch.set(text or None, times=int(str(form["times"])) if form.get("times") else None)
        await board.settled()
        raise web.HTTPSeeOther(f"/parties/{board.key}")

    async def form_action(self, request: web.Request) -> web.Response:
        board = self._board(request)
        form = await request.post()
        outcome = await self._run(board, request.match_info["name"], {k: str(v) for k, v in form.items() if v})
        return _html(board_page(board, outcome))

    async def api_list(self, _request: web.Request) -> web.Response:
        return web.json_response({"parties": [_summary(board) for board in self.control.boards.values()]})

    async def api_show(self, request: web.Request) -> web.Response:
        board = self._board(request)
        return web.json_response({**_summary(board), "facts": dict(board.facts())})

    async def api_switch(self, request: web.Request) -> web.Response:
        board, switch = self._switch(request)
        wanted = await _object(request)
        try:
            switch.set(wanted.get("value", True), only=wanted.get("only", ()), times=wanted.get("times"))
        except (TypeError, ValueError) as problem:
            raise web.HTTPBadRequest(text=f"{switch.name}: {problem}") from problem
        await board.settled()
        return web.json_response(_switch(switch))

    async def api_off(self, request: web.Request) -> web.Response:
        board, switch = self._switch(request)
        switch.set(None)
        await board.settled()
        return web.json_response(_switch(switch))

    async def api_all_off(self, request: web.Request) -> web.Response:
        board = self._board(request)
        for switch in board.switches.values():
            switch.set(None)
        await board.settled()
        return web.json_response(_summary(board))

    async def api_action(self, request: web.Request) -> web.Response:
        board = self._board(request)
        return web.json_response(dict(await self._run(board, request.match_info["name"], await _object(request))))

    async def _run(self, board: Board, name: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if name not in board.actions:
            raise web.HTTPNotFound(text=f"{board.key} has no action {name}")
        try:
            done = await board.actions[name].run(parameters)
            await board.settled()
            return done
        except (KeyError, ValueError) as problem:
            raise web.HTTPBadRequest(text=f"{name}: {problem}") from problem

    def _board(self, request: web.Request) -> Board:
        key = request.match_info["key"]
        if key not in self.control.boards:
            raise web.HTTPNotFound(text=f"there is no party {key}")
        return self.control.boards[key]

    def _switch(self, request: web.Request) -> tuple[Board, Switch]:
        board, name = self._board(request), request.match_info["name"]
        if name not in board.switches:
            raise web.HTTPNotFound(text=f"{board.key} has no switch {name}")
        return board, board.switches[name]


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", charset="utf-8")


async def _object(request: web.Request) -> dict[str, Any]:
    if not request.can_read_body:
        return {}
    body = await request.json()
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="the body must be a JSON object")
    return body


def _switch(switch: Switch) -> dict[str, Any]:
    return {
        "name": switch.name,
        "title": switch.title,
        "kind": switch.kind,
        "value": switch.value,
        "only": sorted(switch.only),
        "times": switch.times,
    }


def _summary(board: Board) -> dict[str, Any]:
    return {
        "key": board.key,
        "title": board.title,
        "group": board.group,
        "switches": [_switch(switch) for switch in board.switches.values()],
        "actions": [
            {"name": action.name, "title": action.title, "parameters": list(action.parameters)}
            for action in board.actions.values()
        ],
    }
