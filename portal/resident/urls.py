"""Routes of the resident's pages."""

from django.urls import URLPattern, URLResolver, path

from portal.resident.views import account, bookings, catalog, messages, numbers, openfigures, pay, people

_BOOKING = "bookings/<uuid:booking_id>"
_HOSPITAL = "hospitals/<slug:code>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", catalog.home, name="home"),
    path("search", catalog.search, name="search"),
    path("open", openfigures.figures, name="open"),
    path("open/figures.json", openfigures.figures_json, name="open-json"),
    path("open/figures.csv", openfigures.figures_csv, name="open-csv"),
    path("hospitals", catalog.hospitals, name="hospitals"),
    path(_HOSPITAL, catalog.hospital, name="hospital"),
    path(f"{_HOSPITAL}/departments/<uuid:department_id>", catalog.department, name="department"),
    path(f"{_HOSPITAL}/sessions/<uuid:session_id>", numbers.session, name="session"),
    path(f"{_HOSPITAL}/sessions/<uuid:session_id>/numbers/<uuid:number_id>", numbers.confirm, name="confirm"),
    path("bookings", bookings.bookings, name="bookings"),
    path(_BOOKING, bookings.booking, name="booking"),
    path(f"{_BOOKING}/live", bookings.live, name="booking-live"),
    path(f"{_BOOKING}/place", bookings.place, name="booking-place"),
    path(f"{_BOOKING}/cancel", bookings.cancel, name="booking-cancel"),
    path(f"{_BOOKING}/change", bookings.answer_change, name="booking-change"),
    path(f"{_BOOKING}/register", bookings.register, name="booking-register"),
    path(f"{_BOOKING}/check-in", bookings.check_in, name="booking-check-in"),
    path(f"{_BOOKING}/pay", pay.pay, name="booking-pay"),
    path(f"{_BOOKING}/pay/<uuid:attempt_id>/live", pay.live, name="booking-pay-live"),
    path("messages", messages.inbox, name="messages"),
    path("messages/read", messages.read_all, name="messages-read"),
    path("messages/<uuid:message_id>", messages.open_message, name="message"),
    path("me", account.me, name="me"),
    path("me/devices", account.devices, name="devices"),
    path("me/devices/<uuid:sign_in_id>/end", account.end_device, name="device-end"),
    path("me/people", people.people, name="people"),
    path("me/people/new", people.add, name="person-new"),
    path("me/people/<uuid:person_id>/choose", people.choose, name="person-choose"),
    path("me/people/<uuid:person_id>/real-name", people.real_name, name="person-real-name"),
    path("signin", account.sign_in, name="sign-in"),
    path("signin/code", account.sign_in_code, name="sign-in-code"),
    path("signin/wechat", account.wechat_start, name="wechat-start"),
    path("signin/wechat/back", account.wechat_back, name="wechat-back"),
    path("signin/wechat/<uuid:ask_id>", account.wechat_wait, name="wechat-wait"),
    path("signout", account.sign_out, name="sign-out"),
    path("elder", account.elder, name="elder"),
]
