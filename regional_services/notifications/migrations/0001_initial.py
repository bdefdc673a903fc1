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
            name="Habit",
            fields=[
                ("account_id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "first_channel",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("in_site", "站内消息"),
                            ("wechat", "微信公众号"),
                            ("alipay", "支付宝"),
                            ("app", "随申办"),
                            ("sms", "短信"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("language", models.CharField(choices=[("zh", "中文"), ("en", "英文")], default="zh", max_length=2)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "notifications_habit",
            },
        ),
        migrations.CreateModel(
            name="QuietHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begins", models.TimeField(verbose_name="开始")),
                ("ends", models.TimeField(verbose_name="结束")),
                ("set_by_name", models.CharField(max_length=60, verbose_name="设置人")),
                ("set_at", models.DateTimeField(verbose_name="设置时间")),
            ],
            options={
                "db_table": "notifications_quiet_hours",
            },
        ),
        migrations.CreateModel(
            name="Declined",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_id", models.UUIDField()),
                ("kind", models.CharField(max_length=40)),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("in_site", "站内消息"),
                            ("wechat", "微信公众号"),
                            ("alipay", "支付宝"),
                            ("app", "随申办"),
                            ("sms", "短信"),
                        ],
                        max_length=8,
                    ),
                ),
                ("declined_at", models.DateTimeField()),
            ],
            options={
                "db_table": "notifications_declined",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account_id", "kind", "channel"), name="notifications_declined_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DistrictWording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="消息种类")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("in_site", "站内消息"),
                            ("wechat", "微信公众号"),
                            ("alipay", "支付宝"),
                            ("app", "随申办"),
                            ("sms", "短信"),
                        ],
                        max_length=8,
                        verbose_name="渠道",
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("zh", "中文"), ("en", "英文")], max_length=2, verbose_name="语言"),
                ),
                ("version", models.PositiveIntegerField(verbose_name="版本")),
                ("content", models.JSONField(verbose_name="内容")),
                ("withdrawn", models.BooleanField(default=False, verbose_name="撤回")),
                ("restored_from", models.PositiveIntegerField(null=True, verbose_name="恢复自版本")),
                ("published_by_name", models.CharField(max_length=60, verbose_name="发布人")),
                ("published_at", models.DateTimeField(verbose_name="发布时间")),
            ],
            options={
                "db_table": "notifications_wording",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "channel", "language", "version"), name="notifications_wording_version"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HospitalWording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("institution_code", models.CharField(max_length=32)),
                ("kind", models.CharField(max_length=40, verbose_name="消息种类")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("in_site", "站内消息"),
                            ("wechat", "微信公众号"),
                            ("alipay", "支付宝"),
                            ("app", "随申办"),
                            ("sms", "短信"),
                        ],
                        max_length=8,
                        verbose_name="渠道",
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("zh", "中文"), ("en", "英文")], max_length=2, verbose_name="语言"),
                ),
                ("version", models.PositiveIntegerField(verbose_name="版本")),
                ("content", models.JSONField(verbose_name="内容")),
                ("withdrawn", models.BooleanField(default=False, verbose_name="撤回")),
                ("restored_from", models.PositiveIntegerField(null=True, verbose_name="恢复自版本")),
                ("published_by_name", models.CharField(max_length=60, verbose_name="发布人")),
                ("published_at", models.DateTimeField(verbose_name="发布时间")),
            ],
            options={
                "db_table": "notifications_hospital_wording",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("institution_code", "kind", "channel", "language", "version"),
                        name="notifications_own_wording_version",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.UUIDField(default=hub.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("person_id", models.UUIDField(null=True)),
                ("about", models.UUIDField()),
                ("subject", models.UUIDField()),
                ("kind", models.CharField(max_length=40)),
                ("facts", hub.security.fields.EncryptedJSONField(owner="", purpose="notification.facts")),
                ("discreet", models.BooleanField(default=False)),
                ("phone_handle", models.UUIDField(null=True)),
                ("shown", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "notifications_message",
                "indexes": [
                    models.Index(fields=["account_id", "-created_at", "-id"], name="notifications_message_account"),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True), ("shown", True)),
                        fields=["account_id"],
                        name="notifications_message_unread",
                    ),
                    models.Index(fields=["-created_at", "-id"], name="notifications_message_day"),
                    models.Index(fields=["institution_code", "-created_at"], name="notifications_message_place"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("about", "account_id", "kind"), name="notifications_message_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.UUIDField(default=hub.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("in_site", "站内消息"),
                            ("wechat", "微信公众号"),
                            ("alipay", "支付宝"),
                            ("app", "随申办"),
                            ("sms", "短信"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "待发送"),
                            ("held", "免打扰，稍后发送"),
                            ("sending", "发送中"),
                            ("sent", "平台已受理"),
                            ("delivered", "已送达"),
                            ("undelivered", "未送达"),
                            ("refused", "平台拒绝"),
                            ("failed", "多次未能发出"),
                            ("unknown", "结果不明"),
                            ("expired", "已过时效未发"),
                            ("declined", "居民已退订"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=60)),
                ("client_id", models.CharField(max_length=32)),
                ("provider_id", models.CharField(max_length=64)),
                ("language", models.CharField(choices=[("zh", "中文"), ("en", "英文")], default="zh", max_length=2)),
                ("wording", models.PositiveIntegerField(default=0)),
                ("round", models.PositiveSmallIntegerField(default=0)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("doubtful", models.BooleanField(default=False)),
                ("first_try_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField()),
                ("roused_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="notifications.message",
                    ),
                ),
            ],
            options={
                "db_table": "notifications_delivery",
            },
        ),
        migrations.CreateModel(
            name="DeliveryStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("institution_code", models.CharField(max_length=32)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "待发送"),
                            ("held", "免打扰，稍后发送"),
                            ("sending", "发送中"),
                            ("sent", "平台已受理"),
                            ("delivered", "已送达"),
                            ("undelivered", "未送达"),
                            ("refused", "平台拒绝"),
                            ("failed", "多次未能发出"),
                            ("unknown", "结果不明"),
                            ("expired", "已过时效未发"),
                            ("declined", "居民已退订"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=60)),
                ("by_name", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="notifications.delivery"
                    ),
                ),
            ],
            options={
                "db_table": "notifications_delivery_step",
                "indexes": [models.Index(fields=["delivery", "id"], name="notifications_step_delivery")],
            },
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "held", "sending"])),
                fields=["due_at"],
                name="notifications_delivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["channel", "provider_id"], name="notifications_delivery_named"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["created_at", "channel", "state"], name="notifications_delivery_span"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("message", "channel"), name="notifications_delivery_once"),
        ),
        *policy("notifications_message"),
        *policy("notifications_delivery"),
        *policy("notifications_delivery_step"),
        *policy("notifications_hospital_wording"),
    ]
