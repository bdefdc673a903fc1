"""Every operation a hospital may answer: each is a capability, so that a hospital lacking one degrades visibly."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Operation(StrEnum):
    """What the hub may ask a hospital's own system."""

    PING = "ping"

    FIND_PATIENT = "find_patient"
    CREATE_PATIENT = "create_patient"
    UPDATE_PATIENT = "update_patient"
    BIND_HEALTH_CARD = "bind_health_card"

    LIST_DEPARTMENTS = "list_departments"
    LIST_DOCTORS = "list_doctors"
    LIST_NUMBER_CLASSES = "list_number_classes"
    LIST_SCHEDULES = "list_schedules"
    LIST_NUMBERS = "list_numbers"
    LIST_STOPPED = "list_stopped"

    QUOTE_FEE = "quote_fee"
    LOCK_NUMBER = "lock_number"
    UNLOCK_NUMBER = "unlock_number"
    REGISTER = "register"
    PAY_REGISTRATION = "pay_registration"
    CHECK_IN = "check_in"
    TELL_VISIT = "tell_visit"
    CANCEL_REGISTRATION = "cancel_registration"
    LIST_REGISTRATIONS = "list_registrations"
    LIST_VISIT_EVENTS = "list_visit_events"
    CONFIRM_VISIT_EVENTS = "confirm_visit_events"
    CHECK_OUTCOME = "check_outcome"

    LIST_PENDING_BILLS = "list_pending_bills"
    BILL_DETAIL = "bill_detail"
    PRESETTLE_BILLS = "presettle_bills"
    SETTLE_BILLS = "settle_bills"
    REFUND_BILLS = "refund_bills"
    LIST_PAID_BILLS = "list_paid_bills"
    PAID_BILL_DETAIL = "paid_bill_detail"
    DAILY_LEDGER = "daily_ledger"
    LIST_INVOICES = "list_invoices"

    OUTPATIENT_ACCOUNT = "outpatient_account"
    PREPAY_OUTPATIENT = "prepay_outpatient"
    INPATIENT_STAY = "inpatient_stay"
    PREPAY_INPATIENT = "prepay_inpatient"
    LIST_INPATIENT_PREPAYS = "list_inpatient_prepays"
    INPATIENT_FEES = "inpatient_fees"
    INPATIENT_DAILY_LIST = "inpatient_daily_list"

    WAITING_QUEUE = "waiting_queue"
    PHARMACY_QUEUE = "pharmacy_queue"
    LIST_ORDERS = "list_orders"
    CONFIRM_DISPENSING = "confirm_dispensing"

    LIST_EXAM_REPORTS = "list_exam_reports"
    EXAM_REPORT = "exam_report"
    LIST_LAB_REPORTS = "list_lab_reports"
    LAB_REPORT = "lab_report"
    LIST_DISCHARGE_SUMMARIES = "list_discharge_summaries"
    DISCHARGE_SUMMARY = "discharge_summary"

    LIST_CHARGE_ITEMS = "list_charge_items"
    LIST_DRUGS = "list_drugs"
    LIST_DICTIONARY = "list_dictionary"

    @property
    def is_command(self) -> bool:
        """Whether it changes something at the hospital and so carries a hub number and can be asked after."""
        return self in _COMMANDS

    @property
    def text(self) -> str:
        """The name staff read."""
        return _TEXTS[self]

    @property
    def timeouts(self) -> Timeouts:
        """How long to wait for the far side; money takes longest."""
        if self in _MONEY:
            return Timeouts(connect=_CONNECT, read=_MONEY_READ)
        return Timeouts(connect=_CONNECT, read=_COMMAND_READ if self in _COMMANDS else _READ)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds until a connection stands, and until its answer is complete."""

    connect: float
    read: float


_CONNECT, _READ, _COMMAND_READ, _MONEY_READ = 2.0, 6.0, 8.0, 20.0
_MONEY = frozenset(
    {
        Operation.PRESETTLE_BILLS,
        Operation.SETTLE_BILLS,
        Operation.REFUND_BILLS,
        Operation.PREPAY_OUTPATIENT,
        Operation.PREPAY_INPATIENT,
    }
)
_COMMANDS = frozenset(
    {
        Operation.CREATE_PATIENT,
        Operation.UPDATE_PATIENT,
        Operation.BIND_HEALTH_CARD,
        Operation.LOCK_NUMBER,
        Operation.UNLOCK_NUMBER,
        Operation.REGISTER,
        Operation.PAY_REGISTRATION,
        Operation.CHECK_IN,
        Operation.TELL_VISIT,
        Operation.CANCEL_REGISTRATION,
        Operation.SETTLE_BILLS,
        Operation.REFUND_BILLS,
        Operation.PREPAY_OUTPATIENT,
        Operation.PREPAY_INPATIENT,
        Operation.CONFIRM_DISPENSING,
    }
)
_TEXTS: dict[Operation, str] = {
    Operation.PING: "网络测试",
    Operation.FIND_PATIENT: "查询患者",
    Operation.CREATE_PATIENT: "建立患者档案",
    Operation.UPDATE_PATIENT: "更新患者信息",
    Operation.BIND_HEALTH_CARD: "绑定电子健康卡",
    Operation.LIST_DEPARTMENTS: "查询科室",
    Operation.LIST_DOCTORS: "查询医生",
    Operation.LIST_NUMBER_CLASSES: "查询号别",
    Operation.LIST_SCHEDULES: "查询排班",
    Operation.LIST_NUMBERS: "查询号源",
    Operation.LIST_STOPPED: "查询停诊",
    Operation.QUOTE_FEE: "挂号费试算",
    Operation.LOCK_NUMBER: "锁号",
    Operation.UNLOCK_NUMBER: "释放锁号",
    Operation.REGISTER: "登记预约挂号",
    Operation.PAY_REGISTRATION: "挂号缴费登记",
    Operation.CHECK_IN: "签到取号",
    Operation.TELL_VISIT: "告知叫号进展",
    Operation.CANCEL_REGISTRATION: "退号",
    Operation.LIST_REGISTRATIONS: "查询挂号记录",
    Operation.LIST_VISIT_EVENTS: "查询就诊进展",
    Operation.CONFIRM_VISIT_EVENTS: "确认已收就诊进展",
    Operation.CHECK_OUTCOME: "查询请求结果",
    Operation.LIST_PENDING_BILLS: "查询待缴费",
    Operation.BILL_DETAIL: "查询费用明细",
    Operation.PRESETTLE_BILLS: "预结算",
    Operation.SETTLE_BILLS: "结算",
    Operation.REFUND_BILLS: "退费",
    Operation.LIST_PAID_BILLS: "查询缴费记录",
    Operation.PAID_BILL_DETAIL: "查询缴费明细",
    Operation.DAILY_LEDGER: "对账明细",
    Operation.LIST_INVOICES: "查询电子票据",
    Operation.OUTPATIENT_ACCOUNT: "查询门诊账户",
    Operation.PREPAY_OUTPATIENT: "门诊预存",
    Operation.INPATIENT_STAY: "查询住院信息",
    Operation.PREPAY_INPATIENT: "住院预交金",
    Operation.LIST_INPATIENT_PREPAYS: "查询预交金记录",
    Operation.INPATIENT_FEES: "查询住院费用",
    Operation.INPATIENT_DAILY_LIST: "住院一日清单",
    Operation.WAITING_QUEUE: "候诊队列",
    Operation.PHARMACY_QUEUE: "取药队列",
    Operation.LIST_ORDERS: "查询医嘱",
    Operation.CONFIRM_DISPENSING: "发药确认",
    Operation.LIST_EXAM_REPORTS: "检查报告列表",
    Operation.EXAM_REPORT: "检查报告",
    Operation.LIST_LAB_REPORTS: "检验报告列表",
    Operation.LAB_REPORT: "检验报告",
    Operation.LIST_DISCHARGE_SUMMARIES: "出院小结列表",
    Operation.DISCHARGE_SUMMARY: "出院小结",
    Operation.LIST_CHARGE_ITEMS: "查询收费项目",
    Operation.LIST_DRUGS: "查询药品目录",
    Operation.LIST_DICTIONARY: "查询字典",
}
