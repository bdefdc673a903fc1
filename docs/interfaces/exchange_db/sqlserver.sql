-- 区域便捷就医平台 交换库（exchange_db）建表脚本 · SQL Server 2012 及以上
-- 由平台的接口定义生成；在医院交换库自己的模式中执行。t_ 开头的表是数据落地表：医院也可以不建，
-- 把同名视图改写为对自己业务表的查询，列名、类型和含义不变即可。hub_reader 是平台的账号。
-- 建议打开 READ_COMMITTED_SNAPSHOT，平台的查询便不与作业互相等待。

-- 请求表：平台插入，医院作业领取
CREATE TABLE hub_request (
  request_no VARCHAR(28) NOT NULL,  -- 平台流水号，6-28 位 [0-9A-Z]，永不重复使用
  attempt_no INT NOT NULL,  -- 同一流水号的第几次递交，从 1 起
  business VARCHAR(30) NOT NULL,  -- 业务代码，见文档第 4 节
  content_hash VARCHAR(64) NOT NULL,  -- 业务列的 SHA-256：同一流水号内容不同时可以看出
  trace_no VARCHAR(64),  -- 平台的跟踪号，可写入医院日志
  asked_at DATETIME2(0) DEFAULT SYSDATETIME() NOT NULL,  -- 插入时间，取数据库时钟
  valid_seconds INT NOT NULL,  -- 领取期限：asked_at 之后超过这么多秒不得再办理
  flag CHAR(1) DEFAULT '0' NOT NULL,  -- 0 新请求 1 医院已领取 2 已办 3 未办 9 平台撤回
  taken_at DATETIME2(0),  -- 医院领取时间
  schedule_no VARCHAR(40),  -- 排班编号
  number_no VARCHAR(40),  -- 号源编号
  sequence_no INT,  -- 序号
  start_time DATETIME2(0),  -- 就诊时段开始
  patient_no VARCHAR(40),  -- 医院患者编号
  patient_name NVARCHAR(120),  -- 姓名，按证件原样
  cert_type VARCHAR(4),  -- 证件类型 CV02.01.101，01 居民身份证
  cert_no VARCHAR(40),  -- 证件号码
  sex VARCHAR(1),  -- GB/T 2261.1：0 1 2 9
  birth_date DATE,  -- 出生日期
  mobile VARCHAR(30),  -- 手机号
  home_address NVARCHAR(300),  -- 住址
  health_card VARCHAR(64),  -- 电子健康卡号
  guardian_name NVARCHAR(120),  -- 监护人姓名
  guardian_cert_type VARCHAR(4),  -- 监护人证件类型
  guardian_cert_no VARCHAR(40),  -- 监护人证件号码
  guardian_mobile VARCHAR(30),  -- 监护人手机号
  fee DECIMAL(12,2),  -- 患者同意的挂号费
  lock_request_no VARCHAR(28),  -- 锁号时的平台流水号
  lock_no VARCHAR(40),  -- 医院锁号编号
  reg_request_no VARCHAR(28),  -- 挂号登记时的平台流水号
  reg_no VARCHAR(40),  -- 医院挂号单号
  event VARCHAR(20),  -- 平台叫号的进展：arrived called missed visit_ended
  event_time DATETIME2(0),  -- 进展发生时间
  queue_no VARCHAR(20),  -- 排队号
  place NVARCHAR(200),  -- 叫到的诊室
  reason NVARCHAR(200),  -- 退号原因
  order_no VARCHAR(32),  -- 平台支付订单号
  pay_channel VARCHAR(20),  -- 支付渠道
  channel_no VARCHAR(64),  -- 渠道交易号
  pay_amount DECIMAL(12,2),  -- 支付金额
  paid_at DATETIME2(0),  -- 支付时间
  refund_no VARCHAR(32),  -- 平台退款单号
  refund_amount DECIMAL(12,2),  -- 退款金额，正数
  bill_nos VARCHAR(1000),  -- 费用单号，逗号分隔
  settlement_no VARCHAR(40),  -- 结算编号
  check_request_no VARCHAR(28),  -- 要核对的平台流水号
  check_business VARCHAR(30),  -- 要核对的业务代码
  PRIMARY KEY (request_no, attempt_no)
);

-- 应答表：医院作业插入，每次递交至多一行
CREATE TABLE hub_answer (
  request_no VARCHAR(28) NOT NULL,  -- 平台流水号，6-28 位 [0-9A-Z]，永不重复使用
  attempt_no INT NOT NULL,  -- 同一流水号的第几次递交，从 1 起
  flag CHAR(1) DEFAULT '0' NOT NULL,  -- 0 正在写 1 写完；平台只读 1 的行
  stored_no VARCHAR(28),  -- 医院自己账上保存的平台流水号，必须与 request_no 完全一致
  result_code VARCHAR(20),  -- 0 成功，其余见文档第 6 节
  message NVARCHAR(300),  -- 给人看的说明
  answered_at DATETIME2(0) DEFAULT SYSDATETIME() NOT NULL,  -- 应答时间，取数据库时钟
  found VARCHAR(10),  -- 核对结果：done 已办 absent 没有 undone 办过又撤销
  patient_no VARCHAR(40),  -- 医院患者编号
  existed CHAR(1),  -- 建档：1 原有档案 0 新建
  lock_no VARCHAR(40),  -- 医院锁号编号
  number_no VARCHAR(40),  -- 号源编号
  sequence_no INT,  -- 序号
  expire_time DATETIME2(0),  -- 锁号到期
  reg_no VARCHAR(40),  -- 医院挂号单号
  place NVARCHAR(200),  -- 就诊地点
  receipt_no VARCHAR(40),  -- 医院收据号
  queue_no VARCHAR(20),  -- 排队号
  ahead INT,  -- 前面人数
  already CHAR(1),  -- 退号：1 先前已退
  settlement_no VARCHAR(40),  -- 结算编号
  fee_total DECIMAL(12,2),  -- 试算总额
  fee_lines INT,  -- hub_answer_fee 的行数
  discount NVARCHAR(100),  -- 优惠说明
  valid_until DATETIME2(0),  -- 试算有效期
  patient_rows INT,  -- hub_answer_patient 的行数
  PRIMARY KEY (request_no, attempt_no)
);

-- 试算明细
CREATE TABLE hub_answer_fee (
  request_no VARCHAR(28) NOT NULL,  -- 平台流水号，6-28 位 [0-9A-Z]，永不重复使用
  attempt_no INT NOT NULL,  -- 同一流水号的第几次递交，从 1 起
  line_no INT NOT NULL,  -- 行号，从 1 起
  item_code VARCHAR(40),  -- 项目代码
  item_name NVARCHAR(100),  -- 项目名称
  amount DECIMAL(12,2),  -- 金额
  PRIMARY KEY (request_no, attempt_no, line_no)
);

-- 查询患者的结果，可以多行
CREATE TABLE hub_answer_patient (
  request_no VARCHAR(28) NOT NULL,  -- 平台流水号，6-28 位 [0-9A-Z]，永不重复使用
  attempt_no INT NOT NULL,  -- 同一流水号的第几次递交，从 1 起
  line_no INT NOT NULL,  -- 行号，从 1 起
  patient_no VARCHAR(40),  -- 医院患者编号
  patient_name NVARCHAR(120),  -- 姓名，按证件原样
  cert_type VARCHAR(4),  -- 证件类型 CV02.01.101，01 居民身份证
  cert_no VARCHAR(40),  -- 证件号码
  sex VARCHAR(1),  -- GB/T 2261.1：0 1 2 9
  birth_date DATE,  -- 出生日期
  mobile VARCHAR(30),  -- 手机号
  home_address NVARCHAR(300),  -- 住址
  PRIMARY KEY (request_no, attempt_no, line_no)
);

-- 就诊进展：医院插入，平台取走后置 taken_flag
CREATE TABLE hub_event (
  event_no BIGINT NOT NULL,  -- 医院自己的编号，永不重复
  event_time DATETIME2(0),  -- 发生时间
  written_at DATETIME2(0) DEFAULT SYSDATETIME() NOT NULL,  -- 写入时间，取数据库时钟
  event VARCHAR(20),  -- arrived called missed visit_ended medicine_ready dispatched
  reg_no VARCHAR(40),  -- 医院挂号单号
  reg_request_no VARCHAR(28),  -- 挂号登记时的平台流水号，窗口患者为空
  patient_no VARCHAR(40),  -- 医院患者编号
  queue_no VARCHAR(20),  -- 排队号
  place NVARCHAR(200),  -- 地点
  window_no NVARCHAR(40),  -- 取药窗口
  carrier NVARCHAR(60),  -- 快递公司
  tracking_no VARCHAR(60),  -- 快递单号
  dispense_no VARCHAR(40),  -- 发药单号
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  taken_flag CHAR(1) DEFAULT '0' NOT NULL,  -- 0 未取 1 平台已取走
  PRIMARY KEY (event_no)
);

-- 批次：医院整批改写数据前置 0，写完改总数、批次号加一、再置 1
CREATE TABLE hub_batch (
  entity VARCHAR(20) NOT NULL,  -- DEPARTMENT DOCTOR CLASS SCHEDULE REGISTRATION
  scope VARCHAR(20) NOT NULL,  -- 排班和挂号为日期 yyyymmdd，其余为 *
  batch_no BIGINT NOT NULL,  -- 批次号，每次加一
  row_total INT NOT NULL,  -- 这一批应有的行数
  flag CHAR(1) DEFAULT '0' NOT NULL,  -- 0 正在写 1 写完
  PRIMARY KEY (entity, scope)
);

-- 科室
CREATE TABLE t_hub_department (
  dept_code VARCHAR(20) NOT NULL,  -- 科室代码
  dept_name NVARCHAR(60),  -- 科室名称
  parent_code VARCHAR(20),  -- 上级科室
  campus NVARCHAR(60),  -- 院区
  place NVARCHAR(200),  -- 位置
  insurance_code VARCHAR(20),  -- 医保科室代码
  introduction NVARCHAR(1000),  -- 简介
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (dept_code)
);

-- 医生
CREATE TABLE t_hub_doctor (
  doctor_code VARCHAR(20) NOT NULL,  -- 医生代码
  doctor_name NVARCHAR(60),  -- 姓名；普通门诊为“科室名＋普通门诊”
  title NVARCHAR(40),  -- 职称
  dept_codes VARCHAR(200),  -- 科室代码，多个以逗号分隔
  sex VARCHAR(1),  -- 性别
  insurance_code VARCHAR(40),  -- 医保医师代码
  skills NVARCHAR(1000),  -- 擅长
  introduction NVARCHAR(1000),  -- 简介
  is_rota CHAR(1),  -- 1 科室普通门诊（不指定医生）
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (doctor_code)
);

-- 号别
CREATE TABLE t_hub_number_class (
  class_code VARCHAR(10) NOT NULL,  -- 号别代码
  class_name NVARCHAR(40),  -- 名称
  fee DECIMAL(12,2),  -- 挂号费
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (class_code)
);

-- 排班
CREATE TABLE t_hub_schedule (
  schedule_no VARCHAR(40) NOT NULL,  -- 排班编号，永不重复使用
  dept_code VARCHAR(20),  -- 科室代码
  doctor_code VARCHAR(20),  -- 医生代码，科室普通门诊为空或 0
  clinic_date DATE,  -- 出诊日期
  period VARCHAR(5),  -- am pm night day
  start_time DATETIME2(0),  -- 开始
  end_time DATETIME2(0),  -- 结束
  class_code VARCHAR(10),  -- 号别代码
  class_name NVARCHAR(40),  -- 号别名称
  fee DECIMAL(12,2),  -- 挂号费
  number_total INT,  -- 号源总数，等于 v_hub_number 中本场的行数
  number_left INT,  -- 剩余，仅供参考
  state CHAR(1),  -- 1 开诊 0 停诊
  campus NVARCHAR(60),  -- 院区
  place NVARCHAR(200),  -- 地点
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (schedule_no)
);

-- 号源：每个号一行，时段不超过 30 分钟
CREATE TABLE t_hub_number (
  number_no VARCHAR(40) NOT NULL,  -- 号源编号
  schedule_no VARCHAR(40),  -- 排班编号
  sequence_no INT,  -- 序号，从 1 起
  start_time DATETIME2(0),  -- 开始
  end_time DATETIME2(0),  -- 结束
  state CHAR(1),  -- 0 空号 1 锁定 2 已约 3 停诊
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (number_no)
);

-- 停诊
CREATE TABLE t_hub_stop (
  schedule_no VARCHAR(40) NOT NULL,  -- 排班编号
  clinic_date DATE,  -- 出诊日期
  reason NVARCHAR(200),  -- 原因
  is_whole CHAR(1),  -- 1 整场 0 自某号起
  from_sequence INT,  -- 自第几号起
  from_time DATETIME2(0),  -- 自几点起
  substitute_code VARCHAR(20),  -- 替诊医生
  decided_at DATETIME2(0),  -- 决定时间
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (schedule_no)
);

-- 平台办理的挂号记录
CREATE TABLE t_hub_registration (
  request_no VARCHAR(28),  -- 挂号登记时的平台流水号
  reg_no VARCHAR(40) NOT NULL,  -- 医院挂号单号
  patient_no VARCHAR(40),  -- 医院患者编号
  schedule_no VARCHAR(40),  -- 排班编号
  number_no VARCHAR(40),  -- 号源编号
  sequence_no INT,  -- 序号
  start_time DATETIME2(0),  -- 时段开始
  clinic_date DATE,  -- 就诊日期
  state CHAR(1),  -- 1 已约 2 已付 3 已到 4 已诊 5 已退 6 停诊
  fee DECIMAL(12,2),  -- 挂号费
  order_no VARCHAR(32),  -- 平台支付订单号
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (reg_no)
);

-- 候诊队列
CREATE TABLE t_hub_queue (
  reg_no VARCHAR(40) NOT NULL,  -- 医院挂号单号
  reg_request_no VARCHAR(28),  -- 平台流水号
  dept_code VARCHAR(20),  -- 科室代码
  queue_no VARCHAR(20),  -- 排队号
  ahead INT,  -- 前面人数
  place NVARCHAR(200),  -- 地点
  now_serving VARCHAR(20),  -- 正在就诊
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (reg_no)
);

-- 待缴费
CREATE TABLE t_hub_bill (
  bill_no VARCHAR(40) NOT NULL,  -- 费用单号
  patient_no VARCHAR(40),  -- 医院患者编号
  title NVARCHAR(100),  -- 名称
  amount DECIMAL(12,2),  -- 金额
  reg_no VARCHAR(40),  -- 医院挂号单号
  dept_code VARCHAR(20),  -- 科室代码
  doctor_name NVARCHAR(60),  -- 医生
  opened_at DATETIME2(0),  -- 开单时间
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (bill_no)
);

-- 费用明细，含已结算的
CREATE TABLE t_hub_bill_item (
  bill_no VARCHAR(40) NOT NULL,  -- 费用单号
  patient_no VARCHAR(40),  -- 医院患者编号
  settlement_no VARCHAR(40),  -- 结算编号，未结算为空
  line_no INT NOT NULL,  -- 行号
  item_code VARCHAR(40),  -- 项目代码
  item_name NVARCHAR(100),  -- 项目名称
  price DECIMAL(12,2),  -- 单价
  quantity VARCHAR(20),  -- 数量，可为负
  amount DECIMAL(12,2),  -- 金额，冲销为负
  unit NVARCHAR(20),  -- 单位
  reverse_of VARCHAR(40),  -- 被冲销的项目代码
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (bill_no, line_no)
);

-- 缴费记录；退费另起一行，金额为负
CREATE TABLE t_hub_paid_bill (
  settlement_no VARCHAR(40),  -- 结算编号
  patient_no VARCHAR(40),  -- 医院患者编号
  receipt_no VARCHAR(40) NOT NULL,  -- 医院收据号
  title NVARCHAR(100),  -- 名称
  amount DECIMAL(12,2),  -- 金额
  paid_at DATETIME2(0),  -- 缴费时间
  order_no VARCHAR(32),  -- 平台订单号或退款单号
  amount_fund DECIMAL(12,2),  -- 统筹支付
  amount_account DECIMAL(12,2),  -- 个人账户支付
  refundable CHAR(1),  -- 1 可以线上退费
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (receipt_no)
);

-- 电子票据；红票另起一行，金额为负
CREATE TABLE t_hub_invoice (
  settlement_no VARCHAR(40) NOT NULL,  -- 结算编号
  patient_no VARCHAR(40),  -- 医院患者编号
  state CHAR(1) NOT NULL,  -- 0 待开 1 已开 2 已打印 3 已报销 4 红票
  amount DECIMAL(12,2),  -- 金额
  paid_at DATETIME2(0),  -- 缴费时间
  invoice_code VARCHAR(40),  -- 票据代码
  invoice_no VARCHAR(40),  -- 票据号码
  verify_code VARCHAR(20),  -- 校验码
  issued_at DATETIME2(0),  -- 开具时间
  address VARCHAR(300),  -- 查看地址
  reverse_of VARCHAR(40),  -- 被冲红的票据号码
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (settlement_no, state)
);

-- 平台业务日账；退款为负
CREATE TABLE t_hub_ledger (
  line_no VARCHAR(40) NOT NULL,  -- 账目编号
  order_no VARCHAR(32),  -- 平台订单号或退款单号
  amount DECIMAL(12,2),  -- 金额
  business VARCHAR(20),  -- register bill refund
  trade_time DATETIME2(0),  -- 记账时间
  reverse_of VARCHAR(40),  -- 被冲销的账目编号
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (line_no)
);

-- 住院
CREATE TABLE t_hub_stay (
  stay_no VARCHAR(40) NOT NULL,  -- 住院号
  patient_no VARCHAR(40),  -- 医院患者编号
  dept_name NVARCHAR(60),  -- 科室
  ward NVARCHAR(60),  -- 病区
  bed NVARCHAR(20),  -- 床号
  doctor_name NVARCHAR(60),  -- 医生
  admitted_at DATETIME2(0),  -- 入院
  discharged_at DATETIME2(0),  -- 出院，在院为空
  prepaid DECIMAL(12,2),  -- 预交金
  spent DECIMAL(12,2),  -- 已发生费用
  balance DECIMAL(12,2),  -- 余额，欠费为负
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (stay_no)
);

-- 取药队列
CREATE TABLE t_hub_medicine (
  dispense_no VARCHAR(40) NOT NULL,  -- 发药单号
  patient_no VARCHAR(40),  -- 医院患者编号
  window_no NVARCHAR(40),  -- 窗口
  ahead INT,  -- 前面人数
  is_ready CHAR(1),  -- 1 可以取药
  place NVARCHAR(200),  -- 地点
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (dispense_no)
);

-- 检验报告
CREATE TABLE t_hub_lab_report (
  report_no VARCHAR(40) NOT NULL,  -- 报告编号
  patient_no VARCHAR(40),  -- 医院患者编号
  title NVARCHAR(100),  -- 名称
  state CHAR(1),  -- 1 已采样 2 有结果 3 已审核 4 已打印；平台只展示 3、4
  reported_at DATETIME2(0),  -- 报告时间
  value_total INT,  -- v_hub_lab_value 的行数
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (report_no)
);

-- 检验结果
CREATE TABLE t_hub_lab_value (
  report_no VARCHAR(40) NOT NULL,  -- 报告编号
  line_no INT NOT NULL,  -- 行号
  item_code VARCHAR(40),  -- 项目代码
  item_name NVARCHAR(100),  -- 项目名称
  item_value NVARCHAR(200),  -- 结果
  unit NVARCHAR(40),  -- 单位
  reference NVARCHAR(100),  -- 参考范围
  abnormal VARCHAR(10),  -- 异常标志 H L HH LL A
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (report_no, line_no)
);

-- 检查报告
CREATE TABLE t_hub_exam_report (
  report_no VARCHAR(40) NOT NULL,  -- 报告编号
  patient_no VARCHAR(40),  -- 医院患者编号
  title NVARCHAR(100),  -- 名称
  state CHAR(1),  -- 1 已采样 2 有结果 3 已审核 4 已打印；平台只展示 3、4
  reported_at DATETIME2(0),  -- 报告时间
  part NVARCHAR(100),  -- 部位
  finding NVARCHAR(MAX),  -- 所见
  conclusion NVARCHAR(MAX),  -- 结论
  doctor_name NVARCHAR(60),  -- 报告医生
  image_total INT,  -- v_hub_exam_image 的行数
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (report_no)
);

-- 检查图像
CREATE TABLE t_hub_exam_image (
  report_no VARCHAR(40) NOT NULL,  -- 报告编号
  line_no INT NOT NULL,  -- 行号
  title NVARCHAR(100),  -- 名称
  content_type VARCHAR(40),  -- image/jpeg image/png
  content NVARCHAR(MAX),  -- 图像的 Base64
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (report_no, line_no)
);

-- 出院小结
CREATE TABLE t_hub_discharge (
  report_no VARCHAR(40) NOT NULL,  -- 报告编号
  patient_no VARCHAR(40),  -- 医院患者编号
  title NVARCHAR(100),  -- 名称
  state CHAR(1),  -- 1 已采样 2 有结果 3 已审核 4 已打印；平台只展示 3、4
  reported_at DATETIME2(0),  -- 报告时间
  stay_no VARCHAR(40),  -- 住院号
  dept_name NVARCHAR(60),  -- 科室
  admitted_at DATETIME2(0),  -- 入院
  discharged_at DATETIME2(0),  -- 出院
  diagnosis_in NVARCHAR(500),  -- 入院诊断
  diagnosis_out NVARCHAR(500),  -- 出院诊断
  course NVARCHAR(MAX),  -- 诊疗经过
  advice NVARCHAR(MAX),  -- 出院医嘱
  doctor_name NVARCHAR(60),  -- 医生
  complete_flag CHAR(1) DEFAULT '1' NOT NULL,  -- 行是否写完：1 写完；平台只读 1 的行
  PRIMARY KEY (report_no)
);

-- 作业心跳
CREATE TABLE t_hub_clock (
  job_time DATETIME2(0)  -- 作业每次运行时改写
);

INSERT INTO t_hub_clock (job_time) VALUES (NULL);

CREATE INDEX ix_hub_request_flag ON hub_request (flag, asked_at);
CREATE INDEX ix_hub_event_taken ON hub_event (taken_flag, event_no);
CREATE INDEX ix_hub_event_written ON hub_event (written_at);
CREATE INDEX ix_hub_schedule_day ON t_hub_schedule (clinic_date);
CREATE INDEX ix_hub_number_schedule ON t_hub_number (schedule_no);
CREATE INDEX ix_hub_stop_day ON t_hub_stop (clinic_date);
CREATE INDEX ix_hub_registration_day ON t_hub_registration (clinic_date);
CREATE INDEX ix_hub_bill_patient ON t_hub_bill (patient_no);
CREATE INDEX ix_hub_item_settlement ON t_hub_bill_item (settlement_no);
CREATE INDEX ix_hub_paid_patient ON t_hub_paid_bill (patient_no, paid_at);
CREATE INDEX ix_hub_invoice_patient ON t_hub_invoice (patient_no, paid_at);
CREATE INDEX ix_hub_ledger_time ON t_hub_ledger (trade_time);
CREATE INDEX ix_hub_stay_patient ON t_hub_stay (patient_no);
CREATE INDEX ix_hub_medicine_patient ON t_hub_medicine (patient_no);
CREATE INDEX ix_hub_lab_patient ON t_hub_lab_report (patient_no, reported_at);
CREATE INDEX ix_hub_exam_patient ON t_hub_exam_report (patient_no, reported_at);
CREATE INDEX ix_hub_discharge_patient ON t_hub_discharge (patient_no, reported_at);

-- 数据库时钟与作业心跳，恰好一行
GO
CREATE VIEW v_hub_clock AS SELECT CAST(SYSDATETIME() AS DATETIME2(0)) AS now_time, job_time
  FROM t_hub_clock;

-- 科室
GO
CREATE VIEW v_hub_department AS SELECT dept_code, dept_name, parent_code, campus, place, insurance_code, introduction, complete_flag
  FROM t_hub_department;

-- 医生
GO
CREATE VIEW v_hub_doctor AS SELECT doctor_code, doctor_name, title, dept_codes, sex, insurance_code, skills, introduction, is_rota, complete_flag
  FROM t_hub_doctor;

-- 号别
GO
CREATE VIEW v_hub_number_class AS SELECT class_code, class_name, fee, complete_flag
  FROM t_hub_number_class;

-- 排班
GO
CREATE VIEW v_hub_schedule AS SELECT schedule_no, dept_code, doctor_code, clinic_date, period, start_time, end_time, class_code, class_name, fee, number_total, number_left, state, campus, place, complete_flag
  FROM t_hub_schedule;

-- 号源：每个号一行，时段不超过 30 分钟
GO
CREATE VIEW v_hub_number AS SELECT number_no, schedule_no, sequence_no, start_time, end_time, state, complete_flag
  FROM t_hub_number;

-- 停诊
GO
CREATE VIEW v_hub_stop AS SELECT schedule_no, clinic_date, reason, is_whole, from_sequence, from_time, substitute_code, decided_at, complete_flag
  FROM t_hub_stop;

-- 平台办理的挂号记录
GO
CREATE VIEW v_hub_registration AS SELECT request_no, reg_no, patient_no, schedule_no, number_no, sequence_no, start_time, clinic_date, state, fee, order_no, complete_flag
  FROM t_hub_registration;

-- 候诊队列
GO
CREATE VIEW v_hub_queue AS SELECT reg_no, reg_request_no, dept_code, queue_no, ahead, place, now_serving, complete_flag
  FROM t_hub_queue;

-- 待缴费
GO
CREATE VIEW v_hub_bill AS SELECT bill_no, patient_no, title, amount, reg_no, dept_code, doctor_name, opened_at, complete_flag
  FROM t_hub_bill;

-- 费用明细，含已结算的
GO
CREATE VIEW v_hub_bill_item AS SELECT bill_no, patient_no, settlement_no, line_no, item_code, item_name, price, quantity, amount, unit, reverse_of, complete_flag
  FROM t_hub_bill_item;

-- 缴费记录；退费另起一行，金额为负
GO
CREATE VIEW v_hub_paid_bill AS SELECT settlement_no, patient_no, receipt_no, title, amount, paid_at, order_no, amount_fund, amount_account, refundable, complete_flag
  FROM t_hub_paid_bill;

-- 电子票据；红票另起一行，金额为负
GO
CREATE VIEW v_hub_invoice AS SELECT settlement_no, patient_no, state, amount, paid_at, invoice_code, invoice_no, verify_code, issued_at, address, reverse_of, complete_flag
  FROM t_hub_invoice;

-- 平台业务日账；退款为负
GO
CREATE VIEW v_hub_ledger AS SELECT line_no, order_no, amount, business, trade_time, reverse_of, complete_flag
  FROM t_hub_ledger;

-- 住院
GO
CREATE VIEW v_hub_stay AS SELECT stay_no, patient_no, dept_name, ward, bed, doctor_name, admitted_at, discharged_at, prepaid, spent, balance, complete_flag
  FROM t_hub_stay;

-- 取药队列
GO
CREATE VIEW v_hub_medicine AS SELECT dispense_no, patient_no, window_no, ahead, is_ready, place, complete_flag
  FROM t_hub_medicine;

-- 检验报告
GO
CREATE VIEW v_hub_lab_report AS SELECT report_no, patient_no, title, state, reported_at, value_total, complete_flag
  FROM t_hub_lab_report;

-- 检验结果
GO
CREATE VIEW v_hub_lab_value AS SELECT report_no, line_no, item_code, item_name, item_value, unit, reference, abnormal, complete_flag
  FROM t_hub_lab_value;

-- 检查报告
GO
CREATE VIEW v_hub_exam_report AS SELECT report_no, patient_no, title, state, reported_at, part, finding, conclusion, doctor_name, image_total, complete_flag
  FROM t_hub_exam_report;

-- 检查图像
GO
CREATE VIEW v_hub_exam_image AS SELECT report_no, line_no, title, content_type, content, complete_flag
  FROM t_hub_exam_image;

-- 出院小结
GO
CREATE VIEW v_hub_discharge AS SELECT report_no, patient_no, title, state, reported_at, stay_no, dept_name, admitted_at, discharged_at, diagnosis_in, diagnosis_out, course, advice, doctor_name, complete_flag
  FROM t_hub_discharge;

GO
-- 平台账号的全部权限
GRANT SELECT ON v_hub_clock TO hub_reader;
GRANT SELECT ON v_hub_department TO hub_reader;
GRANT SELECT ON v_hub_doctor TO hub_reader;
GRANT SELECT ON v_hub_number_class TO hub_reader;
GRANT SELECT ON v_hub_schedule TO hub_reader;
GRANT SELECT ON v_hub_number TO hub_reader;
GRANT SELECT ON v_hub_stop TO hub_reader;
GRANT SELECT ON v_hub_registration TO hub_reader;
GRANT SELECT ON v_hub_queue TO hub_reader;
GRANT SELECT ON v_hub_bill TO hub_reader;
GRANT SELECT ON v_hub_bill_item TO hub_reader;
GRANT SELECT ON v_hub_paid_bill TO hub_reader;
GRANT SELECT ON v_hub_invoice TO hub_reader;
GRANT SELECT ON v_hub_ledger TO hub_reader;
GRANT SELECT ON v_hub_stay TO hub_reader;
GRANT SELECT ON v_hub_medicine TO hub_reader;
GRANT SELECT ON v_hub_lab_report TO hub_reader;
GRANT SELECT ON v_hub_lab_value TO hub_reader;
GRANT SELECT ON v_hub_exam_report TO hub_reader;
GRANT SELECT ON v_hub_exam_image TO hub_reader;
GRANT SELECT ON v_hub_discharge TO hub_reader;
GRANT SELECT ON hub_request TO hub_reader;
GRANT SELECT ON hub_answer TO hub_reader;
GRANT SELECT ON hub_answer_fee TO hub_reader;
GRANT SELECT ON hub_answer_patient TO hub_reader;
GRANT SELECT ON hub_event TO hub_reader;
GRANT SELECT ON hub_batch TO hub_reader;
GRANT INSERT ON hub_request TO hub_reader;
GRANT UPDATE ON hub_request (flag) TO hub_reader;
GRANT UPDATE ON hub_event (taken_flag) TO hub_reader;
-- 平台从不写 hub_answer 与任何数据表
