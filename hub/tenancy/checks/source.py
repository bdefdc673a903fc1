"""What the text of the code may not do, found in its syntax tree.

- SQL put together from strings outside `hub/tenancy`: role and path guard against our mistakes, not against injected
  SQL.
- django-tenants' own way into a schema, or the owner's alias, outside `hub/tenancy`.
- Names of models or modules as strings outside settings, urls and registries: the layer contract does not see them.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOTS = ("hub", "institution_connectors", "tenants", "regional_services", "portal", "sandbox", "loadtest")
KERNEL = "hub/tenancy/"
RUNS_SQL = frozenset({"execute", "executemany", "raw", "RawSQL", "RunSQL", "extra", "SQL"})
HOLDS_SQL = frozenset({"Statement", "Select", "Join", "Update"})  # of hub.tenancy.statements: in any argument
SESSION_DOORS = frozenset({"set_tenant", "set_schema", "schema_context", "tenant_context"})
BY_STRING = frozenset({"get_model", "import_string", "import_module"})
# The journal runs one statement on the tables of both worlds; the names are constants of `hub/journal/world.py`.
# The sandbox's exchange databases are no database of ours: two servers, names of its own, values bound.
NAMES_A_TABLE = ("hub/audit/", "hub/idempotency/", "hub/journal/", "hub/outbox/", "sandbox/his/exchange_db/")
STRINGS_ALLOWED = ("hub/settings/", "urls.py", "registry.py", "apps.py", "autodiscover.py")


@dataclass(frozen=True, slots=True, order=True)
class Offence:
    """A place and what is wrong with it."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def check_tree(root: Path) -> list[Offence]:
    """All offences in the product's code under `root`."""
    offences: list[Offence] = []
    for top in ROOTS:
        for path in sorted((root / top).rglob("*.py")):
            offences += check_source(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
    return sorted(offences)


def check_source(text: str, path: str) -> list[Offence]:
    """The offences of one file."""
    visitor = _Visitor(path)
    visitor.visit(ast.parse(text, path))
    return visitor.offences


class _Visitor(ast.NodeVisitor):
    def __init__(self, path: str) -> None:
        self.path = path
        self.in_kernel = path.startswith(KERNEL)
        self.names_a_table = path.startswith(NAMES_A_TABLE)
        self.offences: list[Offence] = []
        self.composed: list[set[str]] = [set()]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        if _is_put_together(node.value):
            self.composed[-1] |= names
        else:
            self.composed[-1] -= names
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._import(node, node.module or "")

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._import(node, alias.name)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node.func)
        if not self.in_kernel:
            if name in RUNS_SQL and node.args and self._composes(node.args[0]) and not self.names_a_table:
                self._add(node, f"{name}() of SQL put together from strings; pass parameters or use psycopg.sql")
            if name in HOLDS_SQL and any(self._composes(argument) for argument in node.args):
                self._add(node, f"{name}() of SQL put together from strings; give it its parts")
            if name in SESSION_DOORS:
                self._add(node, f"{name}() is closed; use `with hospital(code)`")
            if name in ("using", "atomic") and "owner" in _literals(node):
                self._add(node, "the owner's connection belongs to hub/tenancy")
            if name in BY_STRING and not self._may_name_by_string():
                self._add(node, f"{name}() hides an import from the layer contract")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not self.in_kernel and _name(node.value) == "connections" and _constant(node.slice) == "owner":
            self._add(node, "the owner's connection belongs to hub/tenancy")
        self.generic_visit(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.composed.append(set())
        self.generic_visit(node)
        self.composed.pop()

    def _import(self, node: ast.stmt, module: str) -> None:
        if module.split(".")[0] == "django_tenants" and not self.in_kernel:
            self._add(node, "django_tenants is used through hub.tenancy only")

    def _composes(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return any(node.id in names for names in self.composed)
        return _is_put_together(node)

    def _may_name_by_string(self) -> bool:
        return self.path.startswith(STRINGS_ALLOWED) or self.path.endswith(STRINGS_ALLOWED)

    def _add(self, node: ast.AST, text: str) -> None:
        self.offences.append(Offence(self.path, getattr(node, "lineno", 0), text))


def _is_put_together(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join"):
        return _is_text(node.func.value)
    return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(_constant(node), str) or isinstance(node, ast.JoinedStr) or _is_put_together(node)


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _literals(node: ast.Call) -> set[object]:
    return {_constant(argument) for argument in [*node.args, *(keyword.value for keyword in node.keywords)]}


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
