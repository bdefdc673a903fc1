"""Reads of a hospital's queues, inside its scope; each says how many queries it takes. Values only."""

from tenants.queueing.selectors.boards import as_waiting, board, boards, queues_of_day, waiting_of
from tenants.queueing.selectors.devices import DeviceView, device, device_view, devices
from tenants.queueing.selectors.entries import (
    booked_into_queues,
    calls_of_queue,
    ended_of,
    entry,
    entry_of_booking,
    queue,
)
from tenants.queueing.selectors.rule_sets import RulesView, current_rules, rule_history, rules_were_set
from tenants.queueing.selectors.views import Board, CallView, Person, QueueView, Tally, person_view, queue_view

__all__ = [
    "Board",
    "CallView",
    "DeviceView",
    "Person",
    "QueueView",
    "RulesView",
    "Tally",
    "as_waiting",
    "board",
    "boards",
    "booked_into_queues",
    "calls_of_queue",
    "current_rules",
    "device",
    "device_view",
    "devices",
    "ended_of",
    "entry",
    "entry_of_booking",
    "person_view",
    "queue",
    "queue_view",
    "queues_of_day",
    "rule_history",
    "rules_were_set",
    "waiting_of",
]
