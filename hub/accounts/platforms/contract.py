"""What a platform is asked for: an address to authorise at, and whose the code is that came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hub.accounts.models import HandleKind, SignInMethod


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an authorisation code: the user it stands for at this platform, or the reason there is none."""

    subject: str
    reason: str = ""


class Platform(Protocol):
    """One platform. `exchange` is called by the relay's pool for outside calls only."""

    @property
    def kind(self) -> HandleKind:
        """Of the handles its users hold."""

    @property
    def method(self) -> SignInMethod:
        """What a sign-in by it is called."""

    @property
    def slug(self) -> str:
        """Its name in addresses."""

    @property
    def code_parameter(self) -> str:
        """The query parameter its code comes back in."""

    def realm(self) -> str:
        """Within which its users are told apart: the id of our application there, or "" where they are everywhere."""

    def authorize_url(self, *, realm: str, state: str, redirect_uri: str) -> str:
        """Where to send the browser."""

    def exchange(self, *, realm: str, code: str) -> Answer:
        """Trade the code. A definite no is an Answer; Temporary where asking again may help, Permanent where not.

        Codes work once: where an answer was lost, the repeat is refused, the ask ends and the person begins anew.
        """
