"""The booking's state machine, pure: (state, settlement, wish) x input -> what becomes of it and what is to be done.

Nothing here touches a database; `steps.advance` locks the row, asks `decide` and carries the decision out.
`docs/FLOW.md` shows the same table for people, and a test holds the two together.
"""

from regional_services.booking.process.moves import ENDED, IGNORED
from regional_services.booking.process.terms import Decision, Effect, Input, NotAllowed, Standing, Twin
from regional_services.booking.process.twins import decide

__all__ = ["ENDED", "IGNORED", "Decision", "Effect", "Input", "NotAllowed", "Standing", "Twin", "decide"]
