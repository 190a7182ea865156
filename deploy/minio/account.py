"""Give the service an account of its own on MinIO; root's is for this alone. May be repeated.

The account is the one that the service's ARCHIVE_OBJECT_STORE_URL names. It makes and checks its two buckets, writes,
locks and reads; it removes what lies in the quarantine, and no version of a record: whoever takes over the service
cannot take the records away.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import urllib3
from minio import MinioAdmin
from minio.credentials.providers import StaticProvider
from minio.error import MinioAdminException
from urllib3.exceptions import HTTPError

from archive.errors import ArchiveError
from archive.settings import Settings

LEAST_LOCK_DAYS = 27  # the service asks for a day more at the least: archive.protection
CONNECT_S, READ_S = 5.0, 30.0
BUCKET = (
    "s3:CreateBucket",
    "s3:GetBucketLocation",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketVersioning",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
)
OBJECT = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")
LOCKED_OBJECT = (
    *OBJECT,
    "s3:GetObjectLegalHold",
    "s3:GetObjectRetention",
    "s3:GetObjectVersion",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
)


def policy_of(prefix: str) -> dict[str, object]:
    objects, quarantine = f"arn:aws:s3:::{prefix}-objects", f"arn:aws:s3:::{prefix}-quarantine"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allowed(BUCKET, objects),
            _allowed(("s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"), objects),
            _allowed(LOCKED_OBJECT, f"{objects}/*"),
            _too_short(f"{objects}/*"),
            _allowed(BUCKET, quarantine),
            _allowed((*OBJECT, "s3:DeleteObject"), f"{quarantine}/*"),
        ],
    }


def _too_short(resource: str) -> dict[str, object]:
    """MinIO takes a shorter governance lock from anybody who may set locks and asks to bypass them, without a right of
    its own for that. So no lock may end before LEAST_LOCK_DAYS: what was loosened is found and set again by then."""
    return {
        "Effect": "Deny",
        "Action": ["s3:PutObjectRetention"],
        "Resource": [resource],
        "Condition": {"NumericLessThan": {"s3:object-lock-remaining-retention-days": str(LEAST_LOCK_DAYS)}},
    }


def _allowed(actions: tuple[str, ...], resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": [resource]}


def make_account(url: str, ca_file: Path | None, root: StaticProvider) -> str:
    """The account's name. Its policy has the same one; the password is set to that of the address."""
    parts = urlsplit(url)
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    trusting = ssl.create_default_context()
    if ca_file is not None:
        trusting.load_verify_locations(ca_file)
    pool = urllib3.PoolManager(
        ssl_context=trusting,
        timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
        retries=urllib3.Retry(total=5, backoff_factor=0.5, status_forcelist=[500, 502, 503, 504], allowed_methods=None),
    )
    server = MinioAdmin(
        endpoint=parts.netloc.rpartition("@")[2], credentials=root, secure=parts.scheme == "https", http_client=pool
    )
    server.policy_add(name, policy=policy_of(parts.path.strip("/") or "archive"))
    server.user_add(name, password)
    if name not in json.loads(server.user_info(name)).get("policyName", "").split(","):
        server.policy_set(name, user=name)
    return name


def main() -> int:
    try:
        settings = Settings.read(os.environ)
        if settings.object_store_url is None:
            sys.stderr.write("Chưa biết lập tài khoản nào. Hãy đặt ARCHIVE_OBJECT_STORE_URL rồi chạy lại.\n")
            return 2
        root = StaticProvider(_given("MINIO_ROOT_USER_FILE"), _given("MINIO_ROOT_PASSWORD_FILE"))
        name = make_account(settings.object_store_url, settings.ca_file, root)
    except (ArchiveError, MinioAdminException, HTTPError, OSError) as failure:
        told = f"Không lập được tài khoản trên MinIO: {failure}."
        sys.stderr.write(f"{told} Hãy xem MinIO đã chạy chưa, tên và mật khẩu root có đúng không, rồi chạy lại.\n")
        return 3
    sys.stdout.write(f"Tài khoản {name} đã sẵn sàng trên MinIO.\n")
    return 0


def _given(variable: str) -> str:
    return Path(os.environ.get(variable, f"<{variable}>")).read_text("utf-8").strip()


if __name__ == "__main__":
    sys.exit(main())
