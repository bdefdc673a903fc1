"""First tables."""

from django.db import migrations, models

import hub.ids
import hub.security.fields
from hub.tenancy.rows import policy


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                ("institution_code", models.CharField(max_length=32)),
                ("id", models.UUIDField(default=hub.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("person_id", models.UUIDField(null=True)),
                ("about", models.UUIDField()),
                ("template", models.CharField(max_length=40)),
                ("version", models.PositiveSmallIntegerField()),
                ("facts", hub.security.fields.EncryptedJSONField(owner="", purpose="notification.facts")),
                ("discreet", models.BooleanField(default=False)),
                (
                    "sms",
                    models.CharField(
                        choices=[
                            ("none", "不发短信"),
                            ("queued", "待发送"),
                            ("sent", "已发送"),
                            ("delivered", "已送达"),
                            ("undelivered", "未送达"),
                            ("refused", "网关拒绝"),
                            ("no_phone", "无手机号"),
                        ],
                        default="none",
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "notifications_message",
                "indexes": [
                    models.Index(fields=["account_id", "-created_at", "-id"], name="notifications_message_account"),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)),
                        fields=["account_id"],
                        name="notifications_message_unread",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("about", "account_id", "template"), name="notifications_message_once"
                    )
                ],
            },
        ),
        *policy("notifications_message"),
    ]
