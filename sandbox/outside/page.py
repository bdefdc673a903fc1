"""One small mobile page, as the outside parties show it."""

from __future__ import annotations

from aiohttp import web

_STYLE = """
body{margin:0;font:17px/1.5 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif;background:#ededed;color:#111}
main{max-width:26rem;margin:0 auto;min-height:100vh;background:#fff;padding:2.5rem 1.4rem;box-sizing:border-box}
h1{font-size:1.1rem;font-weight:500;margin:0}.sum{font-size:2.8rem;font-weight:600;margin:.6rem 0 2rem}
.centre{text-align:center}small{color:#666}
dl{display:grid;grid-template-columns:auto 1fr;gap:.5rem;border-top:1px solid #ddd;padding-top:1rem;color:#555}
dt{text-align:left}dd{margin:0;text-align:right;overflow-wrap:anywhere}
button{display:block;width:100%;padding:.8rem;margin:1rem 0 0;border:0;border-radius:.5rem;font:inherit}
.pay{background:#067a3e;color:#fff}.no{background:#f2f2f2;color:#111}
.row{display:block;padding:.8rem;border-bottom:1px solid #e5e5e5;color:#111;text-decoration:none}
"""


def page(title: str, body: str, *, status: int = 200) -> web.Response:
    """A page with `body`, which is already escaped."""
    text = (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style><main>{body}</main></html>"
    )
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status)
