"""The settings of every process of the hub; what differs between machines comes from the environment (`env.py`).

Upper layers are named here only as strings (the layer contract in `.importlinter`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub import sentinel
from hub.settings import env, working

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(env.text("HUB_VAR", str(ROOT / "var")))

DEBUG = env.flag("HUB_DEBUG", False)
BASE_HOST = env.text("HUB_BASE_HOST", "localhost")
PUBLIC_ORIGIN = env.text("HUB_PUBLIC_ORIGIN", f"http://{BASE_HOST}:8000")
SECRET_KEY = env.secret("HUB_SECRET_KEY", exposed=PUBLIC_ORIGIN.startswith("https://"))
ALLOWED_HOSTS = [BASE_HOST, f".{BASE_HOST}", "127.0.0.1", *env.names("HUB_ALLOWED_HOSTS")]
HUB_EVENTS_ORIGIN = env.text("HUB_EVENTS_ORIGIN", "")  # of the event streams; empty: the page's own
SECURE_COOKIES = PUBLIC_ORIGIN.startswith("https://")

# Applications: a model's app label decides its database alias and schema (kernel decisions 1, 2).
REGION_APPS = [
    "hub.tenancy",
    "hub.accounts",
    "hub.journal.region",
    "hub.keys",
    "hub.staff_platform",
    "hub.vigilance",
    "hub.recovery",
    "hub.retention",
    "hub.running",
    "institution_connectors.catalog",
    "tenants.registry",
    "regional_services.catalog",
    "regional_services.identity",
    "regional_services.idverify",
    "regional_services.payments",
    "regional_services.booking",
    "regional_services.notifications",
    "regional_services.statistics",
    "regional_services.waiting",
    "regional_services.synthetic",
    "regional_services.leaving",
    "regional_services.announcements",
    "regional_services.openfigures",
    "regional_services.feedback",
    "regional_services.survey",
    "regional_services.doctors",
    "regional_services.closures",
    "regional_services.waitlist",
    "regional_services.noshow",
    "regional_services.fairness",
    "regional_services.entries",
    "regional_services.accountlife",
    "regional_services.insurance",
    "regional_services.cards",
    "regional_services.foundation",
    "regional_services.referrals",
]
# Packages that join the hub without a change in it: Django apps of public with `urls`, mounted below district/modules/.
HUB_MODULES = env.names("HUB_MODULES")
REGION_APPS += HUB_MODULES
HOSPITAL_APPS = [
    "hub.journal.hospital",
    "institution_connectors.exchange",
    "institution_connectors.conformance",
    "tenants.directory",
    "tenants.patients",
    "tenants.scheduling",
    "tenants.appointments",
    "tenants.queueing",
    "tenants.nightly",
]
LIBRARY_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "hub.security",
    "hub.api",
]
SHARED_APPS = ["django_tenants", *LIBRARY_APPS, *REGION_APPS, "portal"]
TENANT_APPS = HOSPITAL_APPS
INSTALLED_APPS = [*SHARED_APPS, *HOSPITAL_APPS]

TENANT_MODEL = "tenancy.Tenant"
TENANT_DOMAIN_MODEL = "tenancy.Domain"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_POOL: dict[str, Any] = {
    "min_size": 1,
    "max_size": env.number("HUB_DB_POOL", 4),
    "max_lifetime": 900,
    "timeout": 10,
}
# How many hospitals find a connection of their own with all that the server has planned for them (ADR 0312).
_WARM_POOL = {**_POOL, "min_size": min(env.number("HUB_DB_WARM", 1), _POOL["max_size"])}
# Our statements are short: compiling one takes longer than running it, and so does planning one that is written out
# for hot paths (`hub.tenancy.statements`) for its very parameters, which the server would do again and again where it
# hopes to gain by it. The ORM's are planned each time anyway.
_PLANNING = "-c jit=off -c plan_cache_mode=force_generic_plan"
_HOSPITALS = f"-c search_path=pg_catalog {_PLANNING}"
DATABASES = {
    "default": env.database("HUB_REGION_DATABASE_URL", pool=_POOL, options=f"-c search_path=public,ext {_PLANNING}"),
    "hospital": env.database("HUB_HOSPITAL_DATABASE_URL", pool=_WARM_POOL, options=_HOSPITALS),
}
if env.given("HUB_OWNER_DATABASE_URL"):  # only where commands run that change schemas; no serving process needs it
    DATABASES["owner"] = env.database("HUB_OWNER_DATABASE_URL", pool=None, options="-c search_path=public,ext")
# Further databases hospitals may live in (docs/tenancy.md): HUB_HOSPITAL_DATABASES=b names HUB_HOSPITAL_DATABASE_URL_B.
for _name in env.names("HUB_HOSPITAL_DATABASES"):
    _login = f"HUB_HOSPITAL_DATABASE_URL_{_name.upper()}"
    DATABASES[f"hospital_{_name}"] = env.database(_login, pool=_WARM_POOL, options=_HOSPITALS)
    if env.given(f"HUB_OWNER_DATABASE_URL_{_name.upper()}"):
        _owner = f"HUB_OWNER_DATABASE_URL_{_name.upper()}"
        DATABASES[f"owner_{_name}"] = env.database(_owner, pool=None, options="-c search_path=public,ext")
DATABASE_ROUTERS = ["hub.tenancy.router.HubRouter"]
TENANT_SYNC_ROUTER = "hub.tenancy.router.HubRouter"
HUB_ROLE_PREFIX = env.text("HUB_ROLE_PREFIX", "hub")

HUB_REDIS_URL = env.text("HUB_REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": [HUB_REDIS_URL],  # a list: a text would be cut at the commas between Sentinels
        "OPTIONS": {"pool_class": "hub.redis.CachePool"},
        "KEY_FUNCTION": "hub.tenancy.keys.cache_key",
    }
}
# The relay's pools and leases (`hub/outbox/policy.py` says what they mean); times in seconds.
HUB_RELAY = {
    "batch": env.number("HUB_RELAY_BATCH", 8),
    "internal_threads": env.number("HUB_RELAY_INTERNAL_THREADS", 4),
    "outside_threads": env.number("HUB_RELAY_OUTSIDE_THREADS", 24),
    "bulk_threads": env.number("HUB_RELAY_BULK_THREADS", 8),
    "hands": env.number("HUB_RELAY_HANDS", 6),
    "at_once": env.number("HUB_RELAY_AT_ONCE", 4),
    "internal_lease": env.number("HUB_RELAY_INTERNAL_LEASE", 30),
    "outside_lease": env.number("HUB_RELAY_OUTSIDE_LEASE", 90),
    "sweep": env.number("HUB_RELAY_SWEEP", 10),
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
HUB_CSP_CONNECT = env.names("HUB_CSP_CONNECT", HUB_EVENTS_ORIGIN)  # origins of server-sent events

HUB_S3: dict[str, Any] = {
    "endpoint": env.text("HUB_S3_ENDPOINT", "127.0.0.1:9000"),
    "access_key": env.text("HUB_S3_ACCESS_KEY", ""),
    "secret_key": env.text("HUB_S3_SECRET_KEY", ""),
    "bucket": env.text("HUB_S3_BUCKET", "hub"),
    "secure": env.flag("HUB_S3_SECURE", False),
}
HUB_HL7_LISTEN = env.text("HUB_HL7_LISTEN", "127.0.0.1:2575")  # where `manage.py hl7_listener` takes messages in
HUB_KEYRING = env.text("HUB_KEYRING", str(VAR / "keys" / "keyring.json"))
HUB_DATABASE_CAPACITY_GB = env.number("HUB_DATABASE_CAPACITY_GB", 0)  # 0: nobody has said; no alarm of space
HUB_RELEASE_KEY = env.text("HUB_RELEASE_KEY", "")  # of whoever builds releases (hub/running/release.py); "": unsealed
HUB_FAULTS_DIR = env.text("HUB_FAULTS_DIR", str(VAR / "faults"))  # scenes that could not be stored yet
HUB_BACKUP_DIR = env.text("HUB_BACKUP_DIR", str(VAR / "backups"))
# Logins with REPLICATION, one for each server hospitals live on; "" is the district's own. Commands only.
HUB_BACKUP_DATABASE_URLS = {
    "": env.text("HUB_BACKUP_DATABASE_URL", ""),
    **{name: env.text(f"HUB_BACKUP_DATABASE_URL_{name.upper()}", "") for name in env.names("HUB_HOSPITAL_DATABASES")},
}
# Where the sandbox's hospitals keep their exchange databases, and how their accounts for the hub begin; demo and tests.
HUB_OUTSIDE_DATABASE_URL = env.text("HUB_OUTSIDE_DATABASE_URL", "")
HUB_OUTSIDE_ACCOUNTS = env.text("HUB_OUTSIDE_ACCOUNTS", "hub_at_")
HUB_BACKUP_EXPECTED = env.flag("HUB_BACKUP_EXPECTED", True)  # no: nobody is told that there is no recent backup
HUB_PEAK_HOURS = env.text("HUB_PEAK_HOURS", "06:30-21:30")  # no clean-up then; local time
HUB_CIPHER_SUITE = env.text("HUB_CIPHER_SUITE", "aes-256-gcm")  # or sm4-gcm; each key remembers its own

MIDDLEWARE = [
    "hub.observability.middleware.RequestContextMiddleware",
    "hub.running.middleware.UsageMiddleware",
    "hub.security.headers.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hub.tenancy.middleware.HospitalHostMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "hub.words.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "hub.accounts.middleware.ActorMiddleware",
    "hub.vigilance.middleware.WatchMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hub.api.middleware.ErrorPageMiddleware",
]
ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "portal.components.context.page_context",
            ],
        },
    }
]

STATIC_URL = "/static/"
STATIC_HASHED = env.flag("HUB_STATIC_HASHED", not DEBUG)  # no: files are served as they lie, nothing is collected
STATIC_ROOT = VAR / "static"
_NODE = ROOT / "node_modules"
HUB_VENDOR_FILES = {
    "vendor/htmx/htmx.min.js": _NODE / "htmx.org/dist/htmx.min.js",
    "vendor/echarts/echarts.min.js": _NODE / "echarts/dist/echarts.min.js",
}
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "hub.staticfiles.VendorFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if not STATIC_HASHED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_USE_FINDERS = not STATIC_HASHED
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("map", "png", "jpg", "jpeg", "webp", "gif", "svgz", "woff", "woff2", "gz", "br")

FILE_UPLOAD_HANDLERS = ["hub.storage.uploads.InMemoryUploads"]  # what people send never lies in clear on a disk

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "language"  # hub.words.COOKIE
LOCALE_PATHS = [str(ROOT / "portal" / "locale")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["hub.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["hub.api.permissions.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "hub.api.problems.handle_exception",
    "DEFAULT_SCHEMA_CLASS": "hub.api.schema.HubAutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "UNAUTHENTICATED_USER": None,
}
HUB_RATES = dict(
    pair.split("=", 1) for pair in env.names("HUB_RATES")
)  # scope=per minute/burst, see hub/api/throttling
HUB_TRUSTED_PROXIES = env.number("HUB_TRUSTED_PROXIES", 0)
if HUB_TRUSTED_PROXIES:  # TLS ends at the proxy; without its word forms sent by https would be taken for forged ones
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SPECTACULAR_SETTINGS = {
    "TITLE": "区域便捷就医平台 API",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

_BROKER = env.text("HUB_CELERY_BROKER_URL", HUB_REDIS_URL)
_BROKER_GUARDS = sentinel.parse(_BROKER)
CELERY_BROKER_URL = _BROKER_GUARDS.broker_url if _BROKER_GUARDS else _BROKER
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    **(_BROKER_GUARDS.broker_options if _BROKER_GUARDS else {}),
}
CELERY_TASK_DEFAULT_QUEUE = working.DEFAULT_QUEUE
CELERY_TASK_QUEUES = working.QUEUES
CELERY_TASK_ROUTES = working.ROUTES
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_BEAT_SCHEDULE = working.SCHEDULE

LOGGING_CONFIG = "hub.observability.logs.configure"
LOGGING: dict[str, Any] = {"level": env.text("HUB_LOG_LEVEL", "INFO")}
HUB_METRICS_NETWORKS = env.names("HUB_METRICS_NETWORKS")  # beside loopback
HUB_METRICS_PORT = env.number("HUB_METRICS_PORT", 0)  # of processes that answer no request (relay, worker, listener)

# Parties outside the district: addresses only; credentials come by reference from the key ring.
HUB_OUTSIDE = {
    "wechat_pay": env.text("HUB_WECHAT_PAY_URL", "http://127.0.0.1:8101"),
    "wechat_open": env.text("HUB_WECHAT_OPEN_URL", "http://127.0.0.1:8102"),
    "sms": env.text("HUB_SMS_URL", "http://127.0.0.1:8103"),
    "city_identity": env.text("HUB_CITY_IDENTITY_URL", "http://127.0.0.1:8104"),
    "support_platform": env.text("HUB_STAFF_PLATFORM_URL", "http://127.0.0.1:8105"),  # its OpenID issuer
    "alipay": env.text("HUB_ALIPAY_URL", "http://127.0.0.1:8107"),
    "city_app": env.text("HUB_CITY_APP_URL", "http://127.0.0.1:8108"),
    "entry_callers": env.text("HUB_ENTRY_CALLERS_URL", "http://127.0.0.1:8109"),  # the demo's other accounts
    "insurer": env.text("HUB_INSURER_URL", "http://127.0.0.1:8110"),
    "health_card": env.text("HUB_HEALTH_CARD_URL", "http://127.0.0.1:8111"),
    "data_foundation": env.text("HUB_DATA_FOUNDATION_URL", ""),  # empty: nothing is handed over
}
HUB_STAFF_PLATFORM_CLIENT = env.text("HUB_STAFF_PLATFORM_CLIENT", "health-district-hub")

# Where connections to the outside may lead (hub/outgoing/policy.py). A hub others reach never calls its own machine.
_INTRANETS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
_THIS_MACHINE = () if SECURE_COOKIES else ("127.0.0.0/8", "::1/128")
HUB_OUTGOING_NETWORKS = env.names("HUB_OUTGOING_NETWORKS") or [*_INTRANETS, *_THIS_MACHINE]
HUB_OUTGOING_PUBLIC = env.flag("HUB_OUTGOING_PUBLIC", True)

# The synthetic resident: where it meets the public API, how often, how many hospitals at a time.
HUB_SYNTHETIC: dict[str, Any] = {
    "origin": env.text("HUB_SYNTHETIC_ORIGIN", PUBLIC_ORIGIN),
    "seconds": env.number("HUB_SYNTHETIC_SECONDS", 600),
    "threads": env.number("HUB_SYNTHETIC_THREADS", 8),
    "patience": env.number("HUB_SYNTHETIC_PATIENCE", 60),  # seconds a step may take before it has failed
}

# Residents' accounts: how long a merge can be undone, an asked-for closing waits, and what must be kept is kept.
HUB_PROXY_DAYS = env.number("HUB_PROXY_DAYS", 365)  # how long an adult can be acted for without agreeing again
HUB_MERGE_UNDO_DAYS = env.number("HUB_MERGE_UNDO_DAYS", 7)
HUB_CLOSING_DAYS = env.number("HUB_CLOSING_DAYS", 15)
HUB_SEALED_YEARS = env.number("HUB_SEALED_YEARS", 15)
# The waiting list: places one person may have at a time, and how long a number is held for whom it is offered to.
HUB_WAITLIST_OPEN = env.number("HUB_WAITLIST_OPEN", 3)
HUB_WAITLIST_OFFER_MINUTES = env.number("HUB_WAITLIST_OFFER_MINUTES", 15)

HUB_HELPLINE = env.text("HUB_HELPLINE", "021-5550-0120")
HUB_CSP_FORM = env.names("HUB_CSP_FORM", HUB_OUTSIDE["wechat_pay"])  # where forms may lead: the cashier
HUB_WECHAT_APPID = env.text("HUB_WECHAT_APPID", "wx0000000000000001")
HUB_HEALTH_CARD_APP = env.text("HUB_HEALTH_CARD_APP", "yunxi-hub")
HUB_WECHAT_FOLLOW_URL = env.text(  # the official account's own page, where people follow it
    "HUB_WECHAT_FOLLOW_URL", HUB_OUTSIDE["wechat_open"] + "/mp/profile_ext?action=home&__biz=demo&scene=110"
)
HUB_ALIPAY_APPID = env.text("HUB_ALIPAY_APPID", "2021000000000001")
HUB_WECHAT_AUTHORIZE_ORIGIN = env.text("HUB_WECHAT_AUTHORIZE_ORIGIN", "")  # empty: the origin the code is traded at
HUB_ALIPAY_AUTHORIZE_ORIGIN = env.text("HUB_ALIPAY_AUTHORIZE_ORIGIN", "")  # the same
HUB_CITY_APP = {  # (U): agreed with whoever runs the city app
    "app_id": env.text("HUB_CITY_APP_ID", "yunxi-hub"),
    "authorize_url": env.text("HUB_CITY_APP_AUTHORIZE_URL", ""),  # empty: the demo's, beside its gateway
    "token_parameter": env.text("HUB_CITY_APP_TOKEN_PARAMETER", "token"),
    "user_path": env.text("HUB_CITY_APP_USER_PATH", "/v1/users/token"),
}
HUB_SIGN_IN_PLATFORMS = env.names("HUB_SIGN_IN_PLATFORMS", "wechat,alipay,city_app")  # beside the phone, as offered
HUB_PASSWORD_PROFILE = env.text("HUB_PASSWORD_PROFILE", "mlps")  # or asvs, see hub/accounts/passwords.py
