"""Following a doctor and stopping; each is one unit of work, and repeating either has no further effect."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor
from hub.tenancy.scope import REGION
from hub.tenancy.statements import Insert, Statement
from hub.work import work
from regional_services.doctors import finding, selectors
from regional_services.doctors.access import account
from regional_services.doctors.errors import DoctorNotFound
from regional_services.doctors.models import Follow
from regional_services.doctors.selectors import Figures

_FOLLOW = Insert(Follow, unless_exists=True)
_UNFOLLOW = Statement(
    "default", "DELETE FROM doctors_follow WHERE practitioner_id = %(practitioner)s AND account_id = %(account)s"
)


def follow(practitioner_id: UUID, *, actor: Actor) -> Figures:
    """Follow, JA-DOCREC-07; the figures afterwards. DoctorNotFound for nobody residents see."""
    account_id = account(actor)
    with work(REGION, actor=actor) as unit:
        if not finding.posts_of([practitioner_id]):
            raise DoctorNotFound
        is_new = _FOLLOW(Follow(account_id=account_id, practitioner_id=practitioner_id, followed_at=unit.now))
        unit.audit("doctors.followed", target=f"practitioner:{practitioner_id}", detail={"new": is_new})
        return selectors.figures(practitioner_id, account_id=account_id)


def unfollow(practitioner_id: UUID, *, actor: Actor) -> Figures:
    """Stop following; also a doctor who has left, so that nobody is bound to one."""
    account_id = account(actor)
    with work(REGION, actor=actor) as unit:
        gone = _UNFOLLOW.run(practitioner=practitioner_id, account=account_id)
        unit.audit("doctors.unfollowed", target=f"practitioner:{practitioner_id}", detail={"gone": bool(gone)})
        return selectors.figures(practitioner_id, account_id=account_id)
