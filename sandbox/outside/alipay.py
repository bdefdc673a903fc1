"""Alipay: its sign-in page, and the gateway a life account's server meets: RSA2 both ways, codes traded, messages sent.

GET  /oauth2/publicAppAuthorize.htm?app_id=&scope=&redirect_uri=&state=   `person=` skips the page -> auth_code=
POST /gateway.do                      form parameters, signed -> {"<method>_response": {...}, "sign": "..."}
POST /console/apps                    {"app_id", "public_key"} -> {"public_key"}: as the developer's console does
GET  /control/alipay?user_id=         what a follower received, newest first
POST /control/alipay/followers        {"user_id", "follows"}: everybody follows until he does not
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.app import Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.granting import Grants, back, choices
from sandbox.outside.page import page

_MESSAGE = "alipay.open.public.message.single.send"
_TRADE = "alipay.system.oauth.token"
_REFUSED = "error_response"
_CODE_SECONDS = 180
TEMPLATES = {"ali-visit-01": ("keyword1", "keyword2", "keyword3"), "ali-notes-02": ("keyword1", "keyword2")}


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The gateway on its port."""
    section = config.section("alipay")
    domains = {urlsplit(config.hub_url).hostname or "", *map(str, section.get("domains", ["localhost"]))}
    gateway = _Gateway(state / "alipay.pem", state / "alipay_apps.json", domains)
    control.add(gateway.board)
    return [HttpSite("alipay", gateway.application, config.host, int(section.get("port", 8107)))]


class _Gateway:
    def __init__(self, path: Path, apps: Path, domains: set[str]) -> None:
        self._key = _key_at(path)
        self._book = apps
        known = json.loads(apps.read_text()) if apps.exists() else {}
        self._apps: dict[str, str] = {str(app_id): str(key) for app_id, key in known.items()}
        self._domains = domains
        self._grants = Grants(_CODE_SECONDS)
        self._strangers: set[str] = set()
        self._received: list[dict[str, Any]] = []
        self.board = Board(key="alipay", title="支付宝开放平台", group="支付与公共服务", facts=self._facts)
        self.board.add_switches(
            Switch("slow", "应答前等待（秒）", "number"),
            Switch("down", "停机"),
            Switch("refuse", "业务拒绝（40004）", "text", "子错误码，如 PUBLIC.USER_NOT_FOLLOW"),
            Switch("unavailable", "已受理却报服务不可用（20000）"),
            Switch("drop_answer", "已发出却断开连接"),
            Switch("forged_answer", "应答签名错误"),
            Switch("open_id", "按新应用返回 open_id"),
        )

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.get("/oauth2/publicAppAuthorize.htm", self._authorize),
                web.post("/gateway.do", self._call),
                web.post("/console/apps", self._register),
                web.get("/control/alipay", self._screen),
                web.post("/control/alipay/followers", self._follow),
            ]
        )
        return application

    async def _register(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self._apps[str(asked["app_id"])] = str(asked["public_key"])
        self._book.write_text(json.dumps(self._apps))
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return web.json_response({"public_key": public.decode()})

    async def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        if query.get("app_id") not in self._apps:
            return page("支付宝授权（演示）", "<h1>应用不存在：invalid-app-id</h1>", status=400)
        if urlsplit(query.get("redirect_uri", "")).hostname not in self._domains:
            return page("支付宝授权（演示）", "<h1>回调地址与应用配置不一致</h1>", status=400)
        if query.get("scope") not in {"auth_base", "auth_user"}:
            return page("支付宝授权（演示）", "<h1>scope 无效</h1>", status=400)
        if "person" not in query:
            body = f"<h1>选择一位演示用户授权登录</h1>{choices(query, '支付宝')}"
            return page("支付宝授权（演示）", body)
        code = self._grants.issue(query["app_id"], str(int(query["person"])))
        answer = {"auth_code": code, "app_id": query["app_id"], "scope": query["scope"]}
        raise back(query["redirect_uri"], {**answer, "state": query.get("state", "")})

    async def _call(self, request: web.Request) -> web.Response:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        await asyncio.sleep(self.board.number("slow"))
        form = {name: str(value) for name, value in (await request.post()).items()}
        node, answer = self._answered(form)
        if self.board.take("drop_answer") is not None and request.transport is not None:
            request.transport.abort()
        return self._signed(node, answer)

    def _answered(self, form: dict[str, str]) -> tuple[str, dict[str, Any]]:
        """The answer and the node it stands in: what the gateway itself refuses has one of its own."""
        key, method = self._apps.get(form.get("app_id", "")), form.get("method", "")
        if key is None:
            return _REFUSED, _refusal("40002", "isv.invalid-app-id", "无效的AppID参数")
        if form.get("sign_type") != "RSA2" or not _verified(key, form):
            return _REFUSED, _refusal("40002", "isv.invalid-signature", "验签出错")
        node = f"{method.replace('.', '_')}_response"
        if method == _TRADE:
            answer = self._traded(form)
            return (_REFUSED if "sub_code" in answer else node), answer
        if method == _MESSAGE:
            return node, self._sent(form)
        return _REFUSED, _refusal("40002", "isv.invalid-method", "不存在的方法名")

    def _traded(self, form: dict[str, str]) -> dict[str, Any]:
        if self.board.take("unavailable") is not None:
            return _refusal("20000", "isp.unknow-error", "系统繁忙")
        if form.get("grant_type") != "authorization_code":
            return _refusal("40002", "isv.grant-type-invalid", "授权类型无效")
        grant = self._grants.take(form["app_id"], form.get("code", ""))
        if grant is None or grant.used:
            return _refusal("40002", "isv.code-invalid", "授权码code无效")
        who = {"open_id": open_id(form["app_id"], grant.subject)} if self.board.take("open_id") is not None else {}
        return {
            **(who or {"user_id": user_id(grant.subject)}),
            "access_token": f"kuaijieB{secrets.token_hex(16)}",
            "expires_in": 500,
            "refresh_token": f"kuaijieB{secrets.token_hex(16)}",
            "re_expires_in": 300,
            "auth_start": time.strftime("%Y-%m-%d %H:%M:%S"),
        }

    def _sent(self, form: dict[str, str]) -> dict[str, Any]:
        content = json.loads(form["biz_content"])
        template, user = content.get("template", {}), str(content.get("to_user_id", ""))
        refused = self.board.take("refuse")
        if refused is not None or user in self._strangers:
            return _refusal("40004", str(refused or "PUBLIC.USER_NOT_FOLLOW"), "用户未关注")
        fields = TEMPLATES.get(str(template.get("template_id", "")))
        if fields is None:
            return _refusal("40004", "PUBLIC.TEMPLATE_NOT_EXIST", "模板不存在")
        context = template.get("context", {})
        if any(not context.get(name, {}).get("value") for name in fields):
            return _refusal("40004", "PUBLIC.TEMPLATE_PARAM_ERROR", "模板参数缺失")
        self._received.append(
            {
                "user_id": user,
                "text": "，".join(str(context[name]["value"]) for name in fields),
                "url": str(context.get("url", "")),
                "received": time.time(),
            }
        )
        if self.board.take("unavailable") is not None:
            return _refusal("20000", "isp.unknow-error", "系统繁忙")
        return {"code": "10000", "msg": "Success"}

    def _signed(self, name: str, answer: dict[str, Any]) -> web.Response:
        node = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        signature = self._key.sign(node.encode(), padding.PKCS1v15(), hashes.SHA256())
        if self.board.take("forged_answer") is not None:
            signature = secrets.token_bytes(len(signature))
        sign = base64.b64encode(signature).decode()
        return web.Response(text=f'{{"{name}":{node},"sign":"{sign}"}}', content_type="application/json")

    async def _screen(self, request: web.Request) -> web.Response:
        user = request.query.get("user_id", "")
        rows = [row for row in reversed(self._received) if user in ("", row["user_id"])]
        return web.json_response({"messages": rows[:200]})

    async def _follow(self, request: web.Request) -> web.Response:
        asked = await request.json()
        (self._strangers.discard if asked["follows"] else self._strangers.add)(str(asked["user_id"]))
        return web.json_response({})

    def _facts(self) -> dict[str, Any]:
        return {"messages": len(self._received), "latest": self._received[:-20:-1]}


def _verified(pem: str, form: dict[str, str]) -> bool:
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    signed = "&".join(f"{name}={value}" for name, value in sorted(form.items()) if name != "sign" and value)
    try:
        key.verify(base64.b64decode(form.get("sign", "")), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def user_id(person: str) -> str:
    """The user id of a demo person, the same at every application of the old kind: 16 digits beginning with 2088."""
    return "2088" + str(int(hashlib.sha256(f"alipay:{person}".encode()).hexdigest(), 16))[:12]


def open_id(app_id: str, person: str) -> str:
    """His id at one application of the new kind."""
    digest = hashlib.sha256(f"{app_id}:{person}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _refusal(code: str, sub_code: str, text: str) -> dict[str, Any]:
    return {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": text}


def _key_at(path: Path) -> rsa.RSAPrivateKey:
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return key
