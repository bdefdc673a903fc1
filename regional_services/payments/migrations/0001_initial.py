"""First tables."""

import django.db.models.deletion
from django.db import migrations, models

import hub.ids
import hub.security.fields
from hub.tenancy.rows import policy


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="MerchantAccount",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.UUIDField(default=hub.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("channel", models.CharField(max_length=16)),
                ("version", models.PositiveIntegerField()),
                ("mchid", models.CharField(max_length=32)),
                ("appid", models.CharField(max_length=32)),
                ("serial_no", models.CharField(max_length=64)),
                ("private_key_ref", models.CharField(max_length=120)),
                ("api_v3_key_ref", models.CharField(max_length=120)),
                ("channel_key_id", models.CharField(max_length=64)),
                ("channel_public_key", models.TextField()),
                ("effective_from", models.DateTimeField()),
                ("effective_to", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "payments_merchant_account",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("institution_code", "channel", "version"), name="payments_merchant_version"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("effective_to__isnull", True)),
                        fields=("institution_code", "channel"),
                        name="payments_merchant_current",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.UUIDField(default=hub.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("booking_id", models.UUIDField()),
                ("patient_id", models.UUIDField()),
                ("payer_account_id", models.UUIDField()),
                ("insured_id", models.UUIDField(null=True)),
                ("title", models.CharField(max_length=127)),
                ("amount_fen", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("awaiting_payment", "待支付"),
                            ("paying", "支付中"),
                            ("paid", "已支付"),
                            ("closing", "关闭中"),
                            ("closed", "已关闭"),
                            ("refunding", "退款中"),
                            ("partially_refunded", "部分退款"),
                            ("refunded", "已退款"),
                        ],
                        default="awaiting_payment",
                        max_length=20,
                    ),
                ),
                ("close_reason", models.CharField(blank=True, default="", max_length=40)),
                ("deadline", models.DateTimeField()),
                ("paid_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "payments_order",
                "indexes": [
                    models.Index(fields=["payer_account_id", "-created_at"], name="payments_order_payer"),
                    models.Index(
                        condition=models.Q(("state__in", ["awaiting_payment", "paying"])),
                        fields=["deadline"],
                        name="payments_order_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("booking_id",), name="payments_order_booking"),
                    models.CheckConstraint(condition=models.Q(("amount_fen__gte", 0)), name="payments_order_amount"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "awaiting_payment",
                                    "paying",
                                    "paid",
                                    "closing",
                                    "closed",
                                    "refunding",
                                    "partially_refunded",
                                    "refunded",
                                ],
                            )
                        ),
                        name="payments_order_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Leg",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.UUIDField(default=hub.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(choices=[("self_pay", "个人支付"), ("insurance", "医保支付")], max_length=12),
                ),
                ("amount_fen", models.BigIntegerField()),
                ("refunded_fen", models.BigIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "待支付"),
                            ("paid", "已支付"),
                            ("void", "已作废"),
                            ("partially_refunded", "部分退款"),
                            ("refunded", "已退款"),
                        ],
                        default="due",
                        max_length=20,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="legs", to="payments.order"
                    ),
                ),
            ],
            options={
                "db_table": "payments_leg",
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.UUIDField(default=hub.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("channel", models.CharField(max_length=16)),
                ("out_trade_no", models.CharField(max_length=32)),
                ("amount_fen", models.BigIntegerField()),
                ("scene", models.CharField(choices=[("app", "应用内"), ("browser", "浏览器")], max_length=8)),
                ("payer", hub.security.fields.EncryptedJSONField(owner="institution_code", purpose="payment.payer")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("created", "待下单"),
                            ("prepared", "待付款"),
                            ("unknown", "核实中"),
                            ("closing", "关闭中"),
                            ("paid", "已付款"),
                            ("closed", "已关闭"),
                            ("failed", "下单失败"),
                            ("disputed", "待人工核对"),
                        ],
                        default="created",
                        max_length=12,
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("prepay_id", models.CharField(blank=True, default="", max_length=80)),
                ("pay_url", models.CharField(blank=True, default="", max_length=600)),
                ("transaction_id", models.CharField(blank=True, default="", max_length=40)),
                ("paid_fen", models.BigIntegerField(default=0)),
                ("settles", models.BooleanField(default=False)),
                ("paid_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=64)),
                ("next_check_at", models.DateTimeField(null=True)),
                ("checks", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "leg",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="payments.leg"
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="payments.merchantaccount",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="payments.order"
                    ),
                ),
            ],
            options={
                "db_table": "payments_attempt",
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry", models.CharField(max_length=60)),
                (
                    "account",
                    models.CharField(
                        choices=[
                            ("channel", "渠道资金"),
                            ("desk", "窗口资金"),
                            ("orders", "订单收款"),
                            ("surplus", "待退多收款"),
                        ],
                        max_length=12,
                    ),
                ),
                ("channel", models.CharField(max_length=16)),
                ("amount_fen", models.BigIntegerField()),
                ("posted_at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="postings", to="payments.order"
                    ),
                ),
            ],
            options={
                "db_table": "payments_posting",
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.UUIDField(default=hub.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("requested", "申请退款"), ("duplicate", "重复支付退回"), ("late", "超时支付退回")],
                        max_length=12,
                    ),
                ),
                ("sequence", models.PositiveSmallIntegerField()),
                ("out_refund_no", models.CharField(max_length=32)),
                ("amount_fen", models.BigIntegerField()),
                ("reason", models.CharField(max_length=80)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "退款中"),
                            ("processing", "退款处理中"),
                            ("unknown", "核实中"),
                            ("succeeded", "已退款"),
                            ("closed", "退款关闭"),
                            ("abnormal", "退款异常"),
                            ("by_hand", "窗口已退款"),
                        ],
                        default="asked",
                        max_length=12,
                    ),
                ),
                ("channel_refund_id", models.CharField(blank=True, default="", max_length=40)),
                ("problem", models.CharField(blank=True, default="", max_length=64)),
                ("finished_at", models.DateTimeField(null=True)),
                ("next_check_at", models.DateTimeField(null=True)),
                ("checks", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="payments.attempt"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="payments.order"
                    ),
                ),
            ],
            options={
                "db_table": "payments_refund",
            },
        ),
        migrations.CreateModel(
            name="CashierTask",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.UUIDField(default=hub.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("amount_mismatch", "渠道金额与订单不符"),
                            ("refund_abnormal", "退款异常"),
                            ("refund_closed", "退款被渠道关闭"),
                            ("refund_refused", "退款被渠道拒绝"),
                            ("refunded_twice", "重复退款"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject", models.CharField(max_length=60)),
                ("detail", models.CharField(blank=True, default="", max_length=200)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.UUIDField(null=True)),
                ("closed_by_name", models.CharField(blank=True, default="", max_length=80)),
                ("resolution", models.CharField(blank=True, default="", max_length=200)),
                (
                    "attempt",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="payments.attempt",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="payments.order"
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="payments.refund",
                    ),
                ),
            ],
            options={
                "db_table": "payments_cashier_task",
            },
        ),
        migrations.CreateModel(
            name="ChannelNotification",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("notify_id", models.CharField(max_length=64)),
                ("event_type", models.CharField(max_length=40)),
                (
                    "body",
                    hub.security.fields.EncryptedTextField(owner="institution_code", purpose="payment.notification"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("stored", "已接收"), ("processed", "已处理"), ("refused", "已拒绝")],
                        default="stored",
                        max_length=12,
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=80)),
                ("received_at", models.DateTimeField()),
                ("processed_at", models.DateTimeField(null=True)),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to="payments.merchantaccount",
                    ),
                ),
            ],
            options={
                "db_table": "payments_notification",
                "constraints": [
                    models.UniqueConstraint(fields=("merchant", "notify_id"), name="payments_notification_id")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="leg",
            constraint=models.UniqueConstraint(fields=("order", "kind"), name="payments_leg_kind"),
        ),
        migrations.AddConstraint(
            model_name="leg",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded_fen__gte", 0), ("refunded_fen__lte", models.F("amount_fen"))),
                name="payments_leg_refunded",
            ),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["next_check_at"],
                name="payments_attempt_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(fields=("out_trade_no",), name="payments_attempt_number"),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("transaction_id", ""), _negated=True),
                fields=("channel", "transaction_id"),
                name="payments_attempt_transaction",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("settles", True)), fields=("leg",), name="payments_attempt_settles"
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0)), name="payments_attempt_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["created", "prepared", "unknown", "closing", "paid", "closed", "failed", "disputed"])
                ),
                name="payments_attempt_state",
            ),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(fields=["institution_code", "channel", "posted_at"], name="payments_posting_day"),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.UniqueConstraint(fields=("entry", "account"), name="payments_posting_entry"),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen", 0), _negated=True), name="payments_posting_amount"
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(fields=["order"], name="payments_refund_order"),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["next_check_at"],
                name="payments_refund_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(fields=("out_refund_no",), name="payments_refund_number"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(fields=("attempt", "sequence"), name="payments_refund_sequence"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="payments_refund_amount"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["asked", "processing", "unknown", "succeeded", "closed", "abnormal", "by_hand"])
                ),
                name="payments_refund_state",
            ),
        ),
        migrations.AddIndex(
            model_name="cashiertask",
            index=models.Index(fields=["institution_code", "closed_at"], name="payments_task_institution"),
        ),
        migrations.AddConstraint(
            model_name="cashiertask",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at__isnull", True)), fields=("kind", "subject"), name="payments_task_open"
            ),
        ),
        *policy("payments_order"),
        *policy("payments_leg"),
        *policy("payments_merchant_account"),
        *policy("payments_attempt"),
        *policy("payments_refund"),
        *policy("payments_notification"),
        *policy("payments_posting"),
        *policy("payments_cashier_task"),
    ]
