"""What the route table can't say of itself: the pages that guard nothing, and why each may."""

from __future__ import annotations

OPEN_PAGES = {
    "healthz": "says alive or not, to the orchestrator",
    "readyz": "says ready or not, to the orchestrator",
    "metrics": "refuses foreign networks by itself (tests/platform/test_scrape.py)",
    "sealed-key": "asks for the signed-in actor itself and audits (tests/security/test_sealed_pages.py)",
    "home": "the catalogue is public",
    "search": "the catalogue is public",
    "hospitals": "the catalogue is public",
    "hospital": "the catalogue is public",
    "department": "the catalogue is public",
    "session": "the catalogue is public",
    "service": "the catalogue is public",
    "service-at": "the catalogue is public",
    "entry-arrive": "a way in; the link's signature is looked at first",
    "entry": "a visit is its browser's or its account's (tests/entries)",
    "doctors": "the catalogue is public",
    "doctor": "the catalogue is public; what is followed is shown to its account alone",
    "doctor-photo": "the photograph a hospital shows of its doctor is public",
    "sign-in": "a way in",
    "sign-in-code": "a way in",
    "way-start": "a way in",
    "way-back": "a way in; the ask is bound to its session",
    "way-wait": "a way in; the ask is bound to its session",
    "sign-out": "the way out",
    "elder": "a cookie of this device",
    "language": "a cookie of this device",
    "desk-sign-in": "a way in",
    "desk-totp": "a way in; needs the first factor of this session",
    "desk-enrol": "a way in; needs the first factor of this session",
    "desk-platform": "a way in",
    "desk-platform-back": "a way in; the ask is bound to its session",
    "desk-platform-wait": "a way in; the ask is bound to its session and host",
    "desk-password": "a due change comes before any permission; asks for the signed-in actor itself",
    "desk-sign-out": "the way out",
    "message-short": "leads to the message, which asks its own account to sign in",
    "certificate": "whoever holds a certificate's number may verify it",
    "open": "the public monthly figures",
    "open-json": "the public monthly figures",
    "open-csv": "the public monthly figures",
    "device": "a waiting hall's screen: its signed link is the permission; masked names (tests/queueing/test_pages.py)",
    "device-board": "the moving part of the same, by the same link",
    "device-voice": "what the same screen says aloud, by the same link",
    "kiosk": "a machine to check in at: its signed link on its hospital's host is the permission (tests/queueing)",
    "kiosk-type": "the keypad of the same machine, by the same link",
    "kiosk-check-in": "the one act of the same machine, by the same link; limited and audited",
    "kiosk-shown": "what came of it, by the same link and a handle of 90 seconds; masked names",
    "kiosk-answer": "goes on with what the same machine scanned, once its issuer has answered",
    "kiosk-done": "forgets what the same machine showed",
}

FIRST_PAGES = frozenset({"workspace", "district"})
"""Where staff begin: who may not see them is sent on to the first page of his own bar."""

OWN = frozenset(
    {
        "booking_id",
        "entry_id",
        "attempt_id",
        "message_id",
        "person_id",
        "order_id",
        "sign_in_id",
        "application_id",
        "feedback_id",
        "photo_id",
        "invitation_id",
        "handle_id",
        "visit_id",
        "merge_id",
        "relation_id",
        "reminder_id",
        "missed_id",
    }
)
"""Parameters that name a thing of one resident or one account; other parameters of residents' routes are public."""

FORMS = {
    "workspace-facts-department": "directory.edit",
    "workspace-facts-doctor": "directory.edit",
}
"""Pages many may read whose form asks for more: sending it without that permission is refused before any look."""

NOT_OF_A_HOSPITAL = frozenset({"day", "kind", "channel", "language"})
"""Parameters of workspace routes that name nothing of a hospital's own."""

HIGH_RISK = (
    "grant",
    "end_role",
    "revoke",
    "unlock",
    "export",
    "refund",
    "rotate",
    "secret",
    "destroy",
    "leave",
    "reset",
)
"""A view whose name says one of these asks for fresh proof (security.md row 21), unless it stands below."""

NOT_HIGH_RISK = {
    "district-running-export": "names of staff and functions, as the page shows them",
    "district-merchants-export": "numbers of accounts that stand on every bill; no key, no person in them",
    "district-retention-export": "rules of the district, no person in them",
    "waitlist-leave": "a resident gives up his own place in line; nothing was paid for it",
    "district-statistics-export": "figures of the district, no person in them",
    "district-statistics-list-export": "figures of the district, no person in them",
    "district-calendar-export": "public holidays, no person in them",
    "district-synthetic-export": "visits of the synthetic resident, no person in them",
}

AUDITED = frozenset(
    {
        "accounts.signed_in",
        "accounts.role_granted",
        "accounts.staff_created",
        "accounts.disabled",
        "audit.searched",
        "audit.check_asked",
        "exchange.opened",
        "patients.opened",
        "payment.attempt_started",
        "payment.merchant_in_force",
        "security.flag_raised",
    }
)
"""Acts that a walk over all pages must have left in the audit (CES1-12: users, important acts, security events)."""

OTHER_SCREENS = frozenset(
    {
        "district-screen",
        "district-screen-figures",
        "district-screen-hospitals",
        "workspace-day-list",
        "workspace-calling-board",
    }
)
"""The wall screen (read from eight metres), a list for the printer, the moving part of a page: they have no bar."""
