"""What the hospital shows: read-only views, one for each kind of data."""

from __future__ import annotations

from institution_connectors.adapters.exchange_db.tables.columns import (
    COMPLETE,
    Shape,
    code,
    day,
    flag,
    long,
    money,
    text,
    time,
    whole,
)

_ITEMS = (
    code("item_code", 40, "项目代码"),
    text("item_name", 100, "项目名称"),
    money("price", "单价"),
    code("quantity", 20, "数量，可为负"),
    money("amount", "金额，冲销为负"),
    text("unit", 20, "单位"),
    code("reverse_of", 40, "被冲销的项目代码"),
)
_REPORT = (
    code("report_no", 40, "报告编号"),
    code("patient_no", 40, "医院患者编号"),
    text("title", 100, "名称"),
    flag("state", "1 已采样 2 有结果 3 已审核 4 已打印；平台只展示 3、4"),
    time("reported_at", "报告时间"),
)

CLOCK = Shape(
    "v_hub_clock",
    "数据库时钟与作业心跳，恰好一行",
    (time("now_time", "数据库现在时间"), time("job_time", "作业最近一次运行，取数据库时钟")),
)
DEPARTMENT = Shape(
    "v_hub_department",
    "科室",
    (
        code("dept_code", 20, "科室代码"),
        text("dept_name", 60, "科室名称"),
        code("parent_code", 20, "上级科室"),
        text("campus", 60, "院区"),
        text("place", 200, "位置"),
        code("insurance_code", 20, "医保科室代码"),
        text("introduction", 1000, "简介"),
        COMPLETE,
    ),
)
DOCTOR = Shape(
    "v_hub_doctor",
    "医生",
    (
        code("doctor_code", 20, "医生代码"),
        text("doctor_name", 60, "姓名；普通门诊为“科室名＋普通门诊”"),
        text("title", 40, "职称"),
        code("dept_codes", 200, "科室代码，多个以逗号分隔"),
        code("sex", 1, "性别"),
        code("insurance_code", 40, "医保医师代码"),
        text("skills", 1000, "擅长"),
        text("introduction", 1000, "简介"),
        flag("is_rota", "1 科室普通门诊（不指定医生）"),
        COMPLETE,
    ),
)
NUMBER_CLASS = Shape(
    "v_hub_number_class",
    "号别",
    (code("class_code", 10, "号别代码"), text("class_name", 40, "名称"), money("fee", "挂号费"), COMPLETE),
)
SCHEDULE = Shape(
    "v_hub_schedule",
    "排班",
    (
        code("schedule_no", 40, "排班编号，永不重复使用"),
        code("dept_code", 20, "科室代码"),
        code("doctor_code", 20, "医生代码，科室普通门诊为空或 0"),
        day("clinic_date", "出诊日期"),
        code("period", 5, "am pm night day"),
        time("start_time", "开始"),
        time("end_time", "结束"),
        code("class_code", 10, "号别代码"),
        text("class_name", 40, "号别名称"),
        money("fee", "挂号费"),
        whole("number_total", "号源总数，等于 v_hub_number 中本场的行数"),
        whole("number_left", "剩余，仅供参考"),
        flag("state", "1 开诊 0 停诊"),
        text("campus", 60, "院区"),
        text("place", 200, "地点"),
        COMPLETE,
    ),
)
NUMBER = Shape(
    "v_hub_number",
    "号源：每个号一行，时段不超过 30 分钟",
    (
        code("number_no", 40, "号源编号"),
        code("schedule_no", 40, "排班编号"),
        whole("sequence_no", "序号，从 1 起"),
        time("start_time", "开始"),
        time("end_time", "结束"),
        flag("state", "0 空号 1 锁定 2 已约 3 停诊"),
        COMPLETE,
    ),
)
STOP = Shape(
    "v_hub_stop",
    "停诊",
    (
        code("schedule_no", 40, "排班编号"),
        day("clinic_date", "出诊日期"),
        text("reason", 200, "原因"),
        flag("is_whole", "1 整场 0 自某号起"),
        whole("from_sequence", "自第几号起"),
        time("from_time", "自几点起"),
        code("substitute_code", 20, "替诊医生"),
        time("decided_at", "决定时间"),
        COMPLETE,
    ),
)
REGISTRATION = Shape(
    "v_hub_registration",
    "平台办理的挂号记录",
    (
        code("request_no", 28, "挂号登记时的平台流水号"),
        code("reg_no", 40, "医院挂号单号"),
        code("patient_no", 40, "医院患者编号"),
        code("schedule_no", 40, "排班编号"),
        code("number_no", 40, "号源编号"),
        whole("sequence_no", "序号"),
        time("start_time", "时段开始"),
        day("clinic_date", "就诊日期"),
        flag("state", "1 已约 2 已付 3 已到 4 已诊 5 已退 6 停诊"),
        money("fee", "挂号费"),
        code("order_no", 32, "平台支付订单号"),
        COMPLETE,
    ),
)
QUEUE = Shape(
    "v_hub_queue",
    "候诊队列",
    (
        code("reg_no", 40, "医院挂号单号"),
        code("reg_request_no", 28, "平台流水号"),
        code("dept_code", 20, "科室代码"),
        code("queue_no", 20, "排队号"),
        whole("ahead", "前面人数"),
        text("place", 200, "地点"),
        code("now_serving", 20, "正在就诊"),
        COMPLETE,
    ),
)
BILL = Shape(
    "v_hub_bill",
    "待缴费",
    (
        code("bill_no", 40, "费用单号"),
        code("patient_no", 40, "医院患者编号"),
        text("title", 100, "名称"),
        money("amount", "金额"),
        code("reg_no", 40, "医院挂号单号"),
        code("dept_code", 20, "科室代码"),
        text("doctor_name", 60, "医生"),
        time("opened_at", "开单时间"),
        COMPLETE,
    ),
)
BILL_ITEM = Shape(
    "v_hub_bill_item",
    "费用明细，含已结算的",
    (
        code("bill_no", 40, "费用单号"),
        code("patient_no", 40, "医院患者编号"),
        code("settlement_no", 40, "结算编号，未结算为空"),
        whole("line_no", "行号"),
        *_ITEMS,
        COMPLETE,
    ),
)
PAID_BILL = Shape(
    "v_hub_paid_bill",
    "缴费记录；退费另起一行，金额为负",
    (
        code("settlement_no", 40, "结算编号"),
        code("patient_no", 40, "医院患者编号"),
        code("receipt_no", 40, "医院收据号"),
        text("title", 100, "名称"),
        money("amount", "金额"),
        time("paid_at", "缴费时间"),
        code("order_no", 32, "平台订单号或退款单号"),
        money("amount_fund", "统筹支付"),
        money("amount_account", "个人账户支付"),
        flag("refundable", "1 可以线上退费"),
        COMPLETE,
    ),
)
INVOICE = Shape(
    "v_hub_invoice",
    "电子票据；红票另起一行，金额为负",
    (
        code("settlement_no", 40, "结算编号"),
        code("patient_no", 40, "医院患者编号"),
        flag("state", "0 待开 1 已开 2 已打印 3 已报销 4 红票"),
        money("amount", "金额"),
        time("paid_at", "缴费时间"),
        code("invoice_code", 40, "票据代码"),
        code("invoice_no", 40, "票据号码"),
        code("verify_code", 20, "校验码"),
        time("issued_at", "开具时间"),
        code("address", 300, "查看地址"),
        code("reverse_of", 40, "被冲红的票据号码"),
        COMPLETE,
    ),
)
LEDGER = Shape(
    "v_hub_ledger",
    "平台业务日账；退款为负",
    (
        code("line_no", 40, "账目编号"),
        code("order_no", 32, "平台订单号或退款单号"),
        money("amount", "金额"),
        code("business", 20, "register bill refund"),
        time("trade_time", "记账时间"),
        code("reverse_of", 40, "被冲销的账目编号"),
        COMPLETE,
    ),
)
STAY = Shape(
    "v_hub_stay",
    "住院",
    (
        code("stay_no", 40, "住院号"),
        code("patient_no", 40, "医院患者编号"),
        text("dept_name", 60, "科室"),
        text("ward", 60, "病区"),
        text("bed", 20, "床号"),
        text("doctor_name", 60, "医生"),
        time("admitted_at", "入院"),
        time("discharged_at", "出院，在院为空"),
        money("prepaid", "预交金"),
        money("spent", "已发生费用"),
        money("balance", "余额，欠费为负"),
        COMPLETE,
    ),
)
MEDICINE = Shape(
    "v_hub_medicine",
    "取药队列",
    (
        code("dispense_no", 40, "发药单号"),
        code("patient_no", 40, "医院患者编号"),
        text("window_no", 40, "窗口"),
        whole("ahead", "前面人数"),
        flag("is_ready", "1 可以取药"),
        text("place", 200, "地点"),
        COMPLETE,
    ),
)
LAB_REPORT = Shape("v_hub_lab_report", "检验报告", (*_REPORT, whole("value_total", "v_hub_lab_value 的行数"), COMPLETE))
LAB_VALUE = Shape(
    "v_hub_lab_value",
    "检验结果",
    (
        code("report_no", 40, "报告编号"),
        whole("line_no", "行号"),
        code("item_code", 40, "项目代码"),
        text("item_name", 100, "项目名称"),
        text("item_value", 200, "结果"),
        text("unit", 40, "单位"),
        text("reference", 100, "参考范围"),
        code("abnormal", 10, "异常标志 H L HH LL A"),
        COMPLETE,
    ),
)
EXAM_REPORT = Shape(
    "v_hub_exam_report",
    "检查报告",
    (
        *_REPORT,
        text("part", 100, "部位"),
        long("finding", "所见"),
        long("conclusion", "结论"),
        text("doctor_name", 60, "报告医生"),
        whole("image_total", "v_hub_exam_image 的行数"),
        COMPLETE,
    ),
)
EXAM_IMAGE = Shape(
    "v_hub_exam_image",
    "检查图像",
    (
        code("report_no", 40, "报告编号"),
        whole("line_no", "行号"),
        text("title", 100, "名称"),
        code("content_type", 40, "image/jpeg image/png"),
        long("content", "图像的 Base64"),
        COMPLETE,
    ),
)
DISCHARGE = Shape(
    "v_hub_discharge",
    "出院小结",
    (
        *_REPORT,
        code("stay_no", 40, "住院号"),
        text("dept_name", 60, "科室"),
        time("admitted_at", "入院"),
        time("discharged_at", "出院"),
        text("diagnosis_in", 500, "入院诊断"),
        text("diagnosis_out", 500, "出院诊断"),
        long("course", "诊疗经过"),
        long("advice", "出院医嘱"),
        text("doctor_name", 60, "医生"),
        COMPLETE,
    ),
)

DATA = (
    CLOCK,
    DEPARTMENT,
    DOCTOR,
    NUMBER_CLASS,
    SCHEDULE,
    NUMBER,
    STOP,
    REGISTRATION,
    QUEUE,
    BILL,
    BILL_ITEM,
    PAID_BILL,
    INVOICE,
    LEDGER,
    STAY,
    MEDICINE,
    LAB_REPORT,
    LAB_VALUE,
    EXAM_REPORT,
    EXAM_IMAGE,
    DISCHARGE,
)
