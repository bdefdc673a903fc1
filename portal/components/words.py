"""What operations and steps are called on pages."""

from __future__ import annotations

from institution_connectors.contracts import Operation

OPERATION_WORDS = {
    **{operation: operation.text for operation in Operation},
    Operation.REGISTER: "登记预约",
    Operation.LOCK_NUMBER: "锁号",
    Operation.UNLOCK_NUMBER: "解锁",
    Operation.PAY_REGISTRATION: "补登支付",
    Operation.CANCEL_REGISTRATION: "退号",
    Operation.CHECK_OUTCOME: "核对结果",
    Operation.LIST_SCHEDULES: "取排班",
    Operation.LIST_VISIT_EVENTS: "取就诊进展",
    Operation.LIST_NUMBERS: "取号源",
    Operation.LIST_DEPARTMENTS: "取科室",
    Operation.LIST_DOCTORS: "取医生",
    Operation.PING: "心跳",
}
HISTORY_WORDS = {
    "quoted": "医院已核价",
    "unquoted": "医院未及时核价，按挂牌价",
    "cutoff_window": "线上挂号截止，请到窗口",
    "cutoff_release": "线上挂号截止，号释放",
    "held": "占号成功",
    "locked": "医院已锁号",
    "booked": "预约成功",
    "refused": "医院未接受",
    "order_paid": "支付成功",
    "order_closed": "订单关闭",
    "registered": "医院已登记",
    "cancel_asked": "申请取消",
    "pay_deadline": "支付超时",
    "hard_deadline": "等待超时",
    "released": "号已释放",
    "cancelled": "已取消",
    "cancel_refused": "医院不同意取消",
    "stopped": "医院停诊",
    "refunded": "退款到账",
    "refund_failed": "退款转人工",
    "altered": "就诊安排调整",
    "visit_ended": "就诊结束",
    "payment_refused": "医院未接受缴费，退款",
    "hold_refused": "占号失败",
    "new_registered": "新号已登记，退原号",
    "new_failed": "改约未成，原号保留",
    "old_gone": "原号已退，改约完成",
    "old_stays": "原号退不了，改约取消",
}
