"""Messages, their ways out, their wordings, and what residents prefer. All in public."""

from regional_services.notifications.models.deliveries import (
    FAILED,
    OPEN,
    Delivery,
    DeliveryState,
    DeliveryStep,
    Message,
)
from regional_services.notifications.models.preferences import Declined, Habit, QuietHours
from regional_services.notifications.models.wordings import DistrictWording, HospitalWording

__all__ = [
    "FAILED",
    "OPEN",
    "Declined",
    "Delivery",
    "DeliveryState",
    "DeliveryStep",
    "DistrictWording",
    "Habit",
    "HospitalWording",
    "Message",
    "QuietHours",
]
