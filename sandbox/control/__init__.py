"""The control board: what each party can be told to do wrong, by a page and by JSON."""

from sandbox.control.board import Action, Board, Control, Switch
from sandbox.control.site import build

__all__ = ["Action", "Board", "Control", "Switch", "build"]
