"""Django's settings, made from the environment of the process: see :mod:`yeonjwa.observatory.config.environment`."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from yeonjwa.core import language
from yeonjwa.observatory.config import environment, places

ENVIRONMENT = environment.read(os.environ)
HERE = Path(__file__).parent.parent

DATA_FOLDER = places.prepare(ENVIRONMENT.data)
RUNS_FOLDER = DATA_FOLDER / places.RUNS_FOLDER
SECRET_KEY = ENVIRONMENT.secret_key or places.secret_key(DATA_FOLDER)
DEBUG = False
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
#: Nobody but the user of this machine can ask: then nobody has to log in to compute.
PRIVATE = ENVIRONMENT.private
ADMIN_SITE = ENVIRONMENT.admin
PROXIES = ENVIRONMENT.proxies

# Limits of runs.
SLOTS = ENVIRONMENT.slots
SLOTS_TOGETHER = ENVIRONMENT.slots_together
QUEUE = ENVIRONMENT.queue
THREADS = ENVIRONMENT.threads
LARGEST_SCALE = ENVIRONMENT.largest_scale
DISK_GB = ENVIRONMENT.disk_gb
FREE_GB = ENVIRONMENT.free_gb

INSTALLED_APPS = [
    *(["django.contrib.admin"] if ADMIN_SITE else []),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "yeonjwa.observatory.house",
    "yeonjwa.observatory.runs",
    "yeonjwa.observatory.comments",
    "yeonjwa.observatory.pages",
    "yeonjwa.observatory.people",
    "yeonjwa.observatory.evidence",
    "yeonjwa.observatory.documents",
]

MIDDLEWARE = [
    "yeonjwa.observatory.house.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "yeonjwa.observatory.house.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "yeonjwa.observatory.config.urls"
WSGI_APPLICATION = "yeonjwa.observatory.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yeonjwa.observatory.house.context.site",
            ],
        },
    },
]

DATABASES = {"default": ENVIRONMENT.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Languages: English without a prefix, Korean under /ko/.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]
# One catalogue for the pages and for the figures and reports below them.
LOCALE_PATHS = [language.FOLDER]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Files of the pages, served by the process itself; nothing is collected or built.
STATIC_URL = "/static/"
# Fonts and tokens of the report serve the pages too.
STATICFILES_DIRS = [HERE / "static", ("report", HERE.parent / "report" / "data")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "yeonjwa.observatory.house.static.Versioned"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

# Accounts.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "house:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
AXES_HANDLER = "yeonjwa.observatory.house.throttle.Handler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(hours=1)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "yeonjwa.observatory.house.address.pseudonym"
AXES_LOCKOUT_CALLABLE = "yeonjwa.observatory.house.views.locked_out"
# What people typed and looked at is nobody's business: only the count of failures is kept.
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "password", "next"]
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = ADMIN_SITE

# Headers and cookies.
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "yeonjwa.observatory.house.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = ENVIRONMENT.https
# A supervisor on this machine asks without HTTPS whether the process answers.
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ENVIRONMENT.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENVIRONMENT.https
# A place on the browsers' list of HTTPS-only hosts is for the owner of the whole domain to ask for.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Comments: days for which the hash of an address, and the words of what was refused or taken down, are kept; how many may wait.
HASH_DAYS = 30
REFUSED_DAYS = 180
MOST_HELD = 500

# What visitors may send.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
LARGEST_SCENARIO_BYTES = 256 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # Pages that are not there and forms with mistakes are everyday life, and addresses of visitors are nobody's business.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "axes": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "waitress.queue": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
