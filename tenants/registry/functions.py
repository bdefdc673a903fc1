"""The functions an institution can have switched on or off, as code (JA-ORG-02)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One switchable function; `member_of` names the set of institutions it is on for unless switched."""

    code: str
    text: str
    member_of: str


BOOKING = "booking"
ONLINE_REGISTRATION = "online_registration"
ONLINE_REFUND = "online_refund"
DISCHARGE_SUMMARY = "discharge_summary"
INSURANCE_PHASE_5 = "insurance_phase_5"
SEAMLESS = "seamless"
NUCLEIC_ACID = "nucleic_acid"
TCM = "tcm"

ALL_SET = "all"
FUNCTIONS: dict[str, Function] = {
    function.code: function
    for function in (
        Function(code=BOOKING, text="预约挂号", member_of=ALL_SET),
        Function(code=ONLINE_REGISTRATION, text="当天线上挂号", member_of=ALL_SET),
        Function(code=ONLINE_REFUND, text="线上退号退费", member_of=ALL_SET),
        Function(code=DISCHARGE_SUMMARY, text="出院小结", member_of="discharge"),
        Function(code=INSURANCE_PHASE_5, text="医保五期", member_of="insurance5"),
        Function(code=SEAMLESS, text="无感支付", member_of="seamless"),
        Function(code=NUCLEIC_ACID, text="核酸检测", member_of="nucleic"),
        Function(code=TCM, text="中药处方共享", member_of="tcm"),
    )
}
