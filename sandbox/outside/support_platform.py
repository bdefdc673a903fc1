"""The district's application support platform: staff accounts, and sign-in by OpenID Connect (code with PKCE).

GET  /.well-known/openid-configuration · /jwks · /authorize · /userinfo
POST /token                                    Basic client; code, code_verifier, redirect_uri are verified
GET  /users                                    Basic client: {"users": [{"sub", "login_name", "name", "enabled"}]}
POST /demo/users   {"login_name", "name"}      create; /demo/users/<sub> {"enabled": false} disables
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from sandbox.app import Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.page import page

_CODE_SECONDS = 120
_TOKEN_SECONDS = 300
_KEY = "support-platform-1"


@dataclass(slots=True)
class _Grant:
    client: str
    redirect: str
    challenge: str
    nonce: str
    sub: str
    expires: float


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The platform on its port."""
    section = config.section("support_platform")
    port = int(section.get("port", 8105))
    clients = {str(one["id"]): str(one["secret"]) for one in section.get("clients", [])}
    domains = {urlsplit(config.hub_url).hostname or "", *map(str, section.get("domains", ["localhost"]))}
    platform = _Platform(state / "support_platform.sqlite3", f"http://{config.host}:{port}", clients, domains)
    control.add(platform.board)
    return [HttpSite("support_platform", platform.application, config.host, port)]


class _Platform:
    def __init__(self, path: Path, issuer: str, clients: dict[str, str], domains: set[str]) -> None:
        self._issuer, self._clients, self._domains = issuer, clients, domains
        self._grants: dict[str, _Grant] = {}
        self._tokens: dict[str, tuple[str, float]] = {}
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS account (sub TEXT PRIMARY KEY, login_name TEXT, name TEXT, enabled INTEGER)"
        )
        self.board = Board(key="support-platform", title="应用支撑平台", group="支付与公共服务", facts=self._facts)
        self.board.add_switches(
            Switch("down", "停机"),
            Switch("wrong_nonce", "身份令牌随机数错误"),
            Switch("foreign_key", "身份令牌以他人密钥签名"),
        )

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._discovery),
                web.get("/jwks", self._jwks),
                web.get("/authorize", self._authorize),
                web.post("/token", self._token),
                web.get("/userinfo", self._userinfo),
                web.get("/users", self._users),
                web.post("/demo/users", self._create),
                web.post("/demo/users/{sub}", self._change),
            ]
        )
        return application

    def _up(self) -> None:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")

    async def _discovery(self, _request: web.Request) -> web.Response:
        self._up()
        return web.json_response(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{self._issuer}/authorize",
                "token_endpoint": f"{self._issuer}/token",
                "userinfo_endpoint": f"{self._issuer}/userinfo",
                "jwks_uri": f"{self._issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "profile"],
            }
        )

    async def _jwks(self, _request: web.Request) -> web.Response:
        self._up()
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return web.json_response({"keys": [public | {"kid": _KEY, "use": "sig", "alg": "RS256"}]})

    async def _authorize(self, request: web.Request) -> web.Response:
        self._up()
        query = request.query
        wrong = (
            query.get("client_id") not in self._clients
            or not self._is_ours(urlsplit(query.get("redirect_uri", "")).hostname or "")
            or query.get("response_type") != "code"
            or "openid" not in query.get("scope", "").split()
            or query.get("code_challenge_method") != "S256"
            or not query.get("code_challenge")
        )
        if wrong:
            return page("应用支撑平台", "<h1>请求不合规</h1>", status=400)
        if "sub" in query:
            raise web.HTTPFound(self._granted(request))
        rows = "".join(
            f'<a class=row href="?{escape(urlencode({**query, "sub": sub}))}">{escape(name)}'
            f"<br><small>{escape(login)}</small></a>"
            for sub, login, name, enabled in self._accounts()
            if enabled
        )
        return page("应用支撑平台", f"<h1>选择一位演示人员登录</h1>{rows or '<p>平台上还没有人员。</p>'}")

    def _is_ours(self, host: str) -> bool:
        """Registered by domain: the hub's host and every hospital's below it."""
        return any(host == domain or host.endswith(f".{domain}") for domain in self._domains if domain)

    def _granted(self, request: web.Request) -> str:
        query, code = request.query, secrets.token_urlsafe(24)
        if query["sub"] not in {sub for sub, _login, _name, enabled in self._accounts() if enabled}:
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query.get('state', '')})}"
        self._grants[code] = _Grant(
            query["client_id"],
            query["redirect_uri"],
            query["code_challenge"],
            query.get("nonce", ""),
            query["sub"],
            time.time() + _CODE_SECONDS,
        )
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query.get('state', '')})}"

    def _client_of(self, request: web.Request) -> str:
        try:
            scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
            name, _, secret = base64.b64decode(rest).decode().partition(":")
        except ValueError:
            raise web.HTTPUnauthorized(text="invalid_client") from None
        known = self._clients.get(name, "")
        if scheme.lower() != "basic" or not known or not hmac.compare_digest(known, secret):
            raise web.HTTPUnauthorized(text="invalid_client")
        return name

    async def _token(self, request: web.Request) -> web.Response:
        self._up()
        client, form = self._client_of(request), await request.post()
        grant = self._grants.pop(str(form.get("code", "")), None)
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        right = (
            grant is not None
            and grant.client == client
            and grant.redirect == form.get("redirect_uri")
            and grant.expires > time.time()
            and hmac.compare_digest(grant.challenge, challenge)
        )
        if grant is None or not right:
            return web.json_response({"error": "invalid_grant"}, status=400)
        access = secrets.token_urlsafe(32)
        self._tokens[access] = (grant.sub, time.time() + _TOKEN_SECONDS)
        return web.json_response(
            {
                "access_token": access,
                "token_type": "Bearer",
                "expires_in": _TOKEN_SECONDS,
                "id_token": self._id_token(grant, client),
            }
        )

    def _id_token(self, grant: _Grant, client: str) -> str:
        now = int(time.time())
        nonce = "wrong" if self.board.take("wrong_nonce") is not None else grant.nonce
        key = self._key
        if self.board.take("foreign_key") is not None:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        claims = {
            "iss": self._issuer,
            "aud": client,
            "sub": grant.sub,
            "nonce": nonce,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
        }
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": _KEY})

    async def _userinfo(self, request: web.Request) -> web.Response:
        self._up()
        held = self._tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if held is None or held[1] < time.time():
            raise web.HTTPUnauthorized(text="invalid_token")
        [(login, name)] = self._db.execute("SELECT login_name, name FROM account WHERE sub = ?", (held[0],)).fetchall()
        return web.json_response({"sub": held[0], "preferred_username": login, "name": name})

    async def _users(self, request: web.Request) -> web.Response:
        self._up()
        self._client_of(request)
        users = [
            {"sub": sub, "login_name": login, "name": name, "enabled": bool(enabled)}
            for sub, login, name, enabled in self._accounts()
        ]
        return web.json_response({"users": users})

    async def _create(self, request: web.Request) -> web.Response:
        data, sub = await request.json(), secrets.token_hex(8)
        row = (sub, str(data["login_name"]), str(data["name"]))
        self._db.execute("INSERT INTO account VALUES (?, ?, ?, 1)", row)
        return web.json_response({"sub": sub}, status=201)

    async def _change(self, request: web.Request) -> web.Response:
        data = await request.json()
        enabled, sub = int(bool(data["enabled"])), request.match_info["sub"]
        self._db.execute("UPDATE account SET enabled = ? WHERE sub = ?", (enabled, sub))
        return web.json_response({"sub": sub, "enabled": bool(enabled)})

    def _accounts(self) -> list[tuple[str, str, str, int]]:
        return self._db.execute("SELECT sub, login_name, name, enabled FROM account ORDER BY login_name").fetchall()

    def _facts(self) -> dict[str, int]:
        return {"accounts": len(self._accounts()), "tokens": len(self._tokens)}
