"""The dialects under test: how the sandbox's hospital of each is set up, and what our profile of it says.

A new dialect adds one `Case`; the whole contract suite then runs against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from institution_connectors.contracts import BookingMode, ConnectorProfile, Limits, MoneyUnit, Operation, Options
from institution_connectors.runtime.adapters import OPERATIONS
from tests.harness.outside import HOST, free_port

SECRET = "a-secret-of-at-least-thirty-two-characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One hospital of the sandbox. `his` are its options there, `options` ours."""

    code: str
    dialect: str
    endpoint: str
    mode: BookingMode = BookingMode.HUB_POOL
    his: Mapping[str, Any] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    days: int = 5
    port: int = field(default_factory=free_port)

    @property
    def entry(self) -> dict[str, Any]:
        """Its entry in the sandbox's configuration."""
        return {
            "code": self.code,
            "name": self.code,
            "dialect": self.dialect,
            "port": self.port,
            "mode": str(self.mode),
            "secret": SECRET,
            "kind": "community",
            "doctors": 2,
            "days": self.days,
            "options": dict(self.his),
        }

    @property
    def profile(self) -> ConnectorProfile:
        """Our profile of it."""
        return ConnectorProfile(
            hospital=self.code,
            dialect=self.dialect,
            endpoint=self.endpoint.format(host=HOST, port=self.port),
            mode=self.mode,
            secret_ref=f"connector.{self.code}",
            capabilities=OPERATIONS[self.dialect],
            options=self.options,
            limits=Limits(breaker_seconds=1.0),
        )

    def can(self, operation: Operation) -> bool:
        """Whether this dialect has the operation."""
        return operation in OPERATIONS[self.dialect]


REST = "http://{host}:{port}/his"
SOAP = "http://{host}:{port}/services/HisService"
HL7 = "mllp://{host}:{port}"
YUAN = Options(money_unit=MoneyUnit.YUAN)
GB = Options(money_unit=MoneyUnit.YUAN, charset="gb18030")
CASES: tuple[Case, ...] = (
    Case(code="restpool", dialect="rest_json", endpoint=REST, his={"push": False}),
    Case(
        code="restlock",
        dialect="rest_json",
        endpoint=REST,
        mode=BookingMode.HIS_LOCKED,
        his={"push": False, "success_code": "1", "money_unit": "yuan", "senior_discount": True},
        options=Options(success_codes=frozenset({"1"}), money_unit=MoneyUnit.YUAN),
    ),
    Case(code="soappool", dialect="soap_xml", endpoint=SOAP, his={"push": False}, options=YUAN),
    Case(
        code="soaplock",
        dialect="soap_xml",
        endpoint=SOAP,
        mode=BookingMode.HIS_LOCKED,
        his={"push": False, "charset": "gb18030", "declared_charset": "GB2312", "cdata": True, "senior_discount": True},
        options=GB,
    ),
    Case(code="hlpool", dialect="hl7v2_mllp", endpoint=HL7, his={"push": False}, options=YUAN),
    Case(
        code="hllock",
        dialect="hl7v2_mllp",
        endpoint=HL7,
        mode=BookingMode.HIS_LOCKED,
        his={"push": False, "charset": "gb18030", "senior_discount": True},
        options=replace(GB, extra={"ack_mode": "enhanced"}),
    ),
)
