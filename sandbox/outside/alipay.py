"""Alipay's gateway as a life account's server meets it: RSA2 both ways, template messages to its followers.

POST /gateway.do                      form parameters, signed -> {"<method>_response": {...}, "sign": "..."}
POST /console/apps                    {"app_id", "public_key"} -> {"public_key"}: as the developer's console does
GET  /control/alipay?user_id=         what a follower received, newest first
POST /control/alipay/followers        {"user_id", "follows"}: everybody follows until he does not
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.app import Config, HttpSite, Site
from sandbox.control import Board, Control, Switch

_METHOD = "alipay.open.public.message.single.send"
_NODE = "alipay_open_public_message_single_send_response"
TEMPLATES = {"ali-visit-01": ("keyword1", "keyword2", "keyword3"), "ali-notes-02": ("keyword1", "keyword2")}


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The gateway on its port."""
    section = config.section("alipay")
    gateway = _Gateway(state / "alipay.pem", state / "alipay_apps.json")
    control.add(gateway.board)
    return [HttpSite("alipay", gateway.application, config.host, int(section.get("port", 8107)))]


class _Gateway:
    def __init__(self, path: Path, apps: Path) -> None:
        self._key = _key_at(path)
        self._book = apps
        known = json.loads(apps.read_text()) if apps.exists() else {}
        self._apps: dict[str, str] = {str(app_id): str(key) for app_id, key in known.items()}
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
        )

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
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

    async def _call(self, request: web.Request) -> web.Response:
        if self.board.take("down") is not None:
            raise web.HTTPServiceUnavailable(text="down")
        await asyncio.sleep(self.board.number("slow"))
        form = {name: str(value) for name, value in (await request.post()).items()}
        answer = self._answered(form)
        if self.board.take("drop_answer") is not None and request.transport is not None:
            request.transport.abort()
        return self._signed(answer)

    def _answered(self, form: dict[str, str]) -> dict[str, Any]:
        key = self._apps.get(form.get("app_id", ""))
        if key is None:
            return _refusal("40002", "isv.invalid-app-id", "无效的AppID参数")
        if form.get("sign_type") != "RSA2" or not _verified(key, form):
            return _refusal("40002", "isv.invalid-signature", "验签出错")
        if form.get("method") != _METHOD:
            return _refusal("40002", "isv.invalid-method", "不存在的方法名")
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

    def _signed(self, answer: dict[str, Any]) -> web.Response:
        node = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        signature = self._key.sign(node.encode(), padding.PKCS1v15(), hashes.SHA256())
        if self.board.take("forged_answer") is not None:
            signature = secrets.token_bytes(len(signature))
        sign = base64.b64encode(signature).decode()
        return web.Response(text=f'{{"{_NODE}":{node},"sign":"{sign}"}}', content_type="application/json")

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
