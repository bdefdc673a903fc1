"""The tables of asking and answering: the hub inserts a request, the hospital's job answers it and sets the flag."""

from __future__ import annotations

from institution_connectors.adapters.exchange_db.tables.columns import (
    COMPLETE,
    Shape,
    big,
    code,
    day,
    flag,
    money,
    text,
    time,
    whole,
)

_NUMBER = (
    code("request_no", 28, "平台流水号，6-28 位 [0-9A-Z]，永不重复使用", required=True),
    whole("attempt_no", "同一流水号的第几次递交，从 1 起", required=True),
)
_KEY = ("request_no", "attempt_no")
_PERSON = (
    text("patient_name", 120, "姓名，按证件原样"),
    code("cert_type", 4, "证件类型 CV02.01.101，01 居民身份证"),
    code("cert_no", 40, "证件号码"),
    code("sex", 1, "GB/T 2261.1：0 1 2 9"),
    day("birth_date", "出生日期"),
    code("mobile", 30, "手机号"),
    text("home_address", 300, "住址"),
)

REQUEST = Shape(
    "hub_request",
    "请求表：平台插入，医院作业领取",
    (
        *_NUMBER,
        code("business", 30, "业务代码，见文档第 4 节", required=True),
        code("content_hash", 64, "业务列的 SHA-256：同一流水号内容不同时可以看出", required=True),
        code("trace_no", 64, "平台的跟踪号，可写入医院日志"),
        time("asked_at", "插入时间，取数据库时钟", now=True),
        whole("valid_seconds", "领取期限：asked_at 之后超过这么多秒不得再办理", required=True),
        flag("flag", "0 新请求 1 医院已领取 2 已办 3 未办 9 平台撤回", default="0"),
        time("taken_at", "医院领取时间"),
        code("schedule_no", 40, "排班编号"),
        code("number_no", 40, "号源编号"),
        whole("sequence_no", "序号"),
        time("start_time", "就诊时段开始"),
        code("patient_no", 40, "医院患者编号"),
        *_PERSON,
        code("health_card", 64, "电子健康卡号"),
        text("guardian_name", 120, "监护人姓名"),
        code("guardian_cert_type", 4, "监护人证件类型"),
        code("guardian_cert_no", 40, "监护人证件号码"),
        code("guardian_mobile", 30, "监护人手机号"),
        money("fee", "患者同意的挂号费"),
        code("lock_request_no", 28, "锁号时的平台流水号"),
        code("lock_no", 40, "医院锁号编号"),
        code("reg_request_no", 28, "挂号登记时的平台流水号"),
        code("reg_no", 40, "医院挂号单号"),
        code("event", 20, "平台叫号的进展：arrived called missed visit_ended"),
        time("event_time", "进展发生时间"),
        code("queue_no", 20, "排队号"),
        text("place", 200, "叫到的诊室"),
        text("reason", 200, "退号原因"),
        code("order_no", 32, "平台支付订单号"),
        code("pay_channel", 20, "支付渠道"),
        code("channel_no", 64, "渠道交易号"),
        money("pay_amount", "支付金额"),
        time("paid_at", "支付时间"),
        code("refund_no", 32, "平台退款单号"),
        money("refund_amount", "退款金额，正数"),
        code("bill_nos", 1000, "费用单号，逗号分隔"),
        code("settlement_no", 40, "结算编号"),
        code("check_request_no", 28, "要核对的平台流水号"),
        code("check_business", 30, "要核对的业务代码"),
    ),
    _KEY,
)

ANSWER = Shape(
    "hub_answer",
    "应答表：医院作业插入，每次递交至多一行",
    (
        *_NUMBER,
        flag("flag", "0 正在写 1 写完；平台只读 1 的行", default="0"),
        code("stored_no", 28, "医院自己账上保存的平台流水号，必须与 request_no 完全一致"),
        code("result_code", 20, "0 成功，其余见文档第 6 节"),
        text("message", 300, "给人看的说明"),
        time("answered_at", "应答时间，取数据库时钟", now=True),
        code("found", 10, "核对结果：done 已办 absent 没有 undone 办过又撤销"),
        code("patient_no", 40, "医院患者编号"),
        flag("existed", "建档：1 原有档案 0 新建"),
        code("lock_no", 40, "医院锁号编号"),
        code("number_no", 40, "号源编号"),
        whole("sequence_no", "序号"),
        time("expire_time", "锁号到期"),
        code("reg_no", 40, "医院挂号单号"),
        text("place", 200, "就诊地点"),
        code("receipt_no", 40, "医院收据号"),
        code("queue_no", 20, "排队号"),
        whole("ahead", "前面人数"),
        flag("already", "退号：1 先前已退"),
        code("settlement_no", 40, "结算编号"),
        money("fee_total", "试算总额"),
        whole("fee_lines", "hub_answer_fee 的行数"),
        text("discount", 100, "优惠说明"),
        time("valid_until", "试算有效期"),
        whole("patient_rows", "hub_answer_patient 的行数"),
    ),
    _KEY,
)

FEE = Shape(
    "hub_answer_fee",
    "试算明细",
    (
        *_NUMBER,
        whole("line_no", "行号，从 1 起", required=True),
        code("item_code", 40, "项目代码"),
        text("item_name", 100, "项目名称"),
        money("amount", "金额"),
    ),
    (*_KEY, "line_no"),
)

PATIENT = Shape(
    "hub_answer_patient",
    "查询患者的结果，可以多行",
    (
        *_NUMBER,
        whole("line_no", "行号，从 1 起", required=True),
        code("patient_no", 40, "医院患者编号"),
        *_PERSON,
    ),
    (*_KEY, "line_no"),
)

EVENT = Shape(
    "hub_event",
    "就诊进展：医院插入，平台取走后置 taken_flag",
    (
        big("event_no", "医院自己的编号，永不重复"),
        time("event_time", "发生时间"),
        time("written_at", "写入时间，取数据库时钟", now=True),
        code("event", 20, "arrived called missed visit_ended medicine_ready dispatched"),
        code("reg_no", 40, "医院挂号单号"),
        code("reg_request_no", 28, "挂号登记时的平台流水号，窗口患者为空"),
        code("patient_no", 40, "医院患者编号"),
        code("queue_no", 20, "排队号"),
        text("place", 200, "地点"),
        text("window_no", 40, "取药窗口"),
        text("carrier", 60, "快递公司"),
        code("tracking_no", 60, "快递单号"),
        code("dispense_no", 40, "发药单号"),
        COMPLETE,
        flag("taken_flag", "0 未取 1 平台已取走", default="0"),
    ),
    ("event_no",),
)

BATCH = Shape(
    "hub_batch",
    "批次：医院整批改写数据前置 0，写完改总数、批次号加一、再置 1",
    (
        code("entity", 20, "DEPARTMENT DOCTOR CLASS SCHEDULE REGISTRATION", required=True),
        code("scope", 20, "排班和挂号为日期 yyyymmdd，其余为 *", required=True),
        big("batch_no", "批次号，每次加一"),
        whole("row_total", "这一批应有的行数", required=True),
        flag("flag", "0 正在写 1 写完", default="0"),
    ),
    ("entity", "scope"),
)

ASKING = (REQUEST, ANSWER, FEE, PATIENT, EVENT, BATCH)
