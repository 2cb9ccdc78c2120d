"""Credentials, EC2 keys and signed requests by example. Spec: openstack-api 4.2."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from synnefo.astakos.models import (
    DATABASE,
    Credential,
    User,
)
from synnefo.astakos.usecases import users
from synnefo.kit.clock import now, stamp
from tests.support.astakos import a_component, a_project, a_token, a_user
from tests.support.identity_calls import an_app, call, with_app

pytestmark = pytest.mark.django_db(databases=[DATABASE])


class TestCredentials:
    """What users keep here, sealed."""

    def test_one_is_kept_shown_changed_and_forgotten(self) -> None:
        user = a_user()
        token = a_token(user)
        body = {"credential": {"type": "cert", "blob": "very secret", "user_id": user.uuid}}
        made = call("POST", "/credentials", token, body)
        assert made.status == 201
        uuid = made.json["credential"]["id"]
        assert made.json["credential"]["blob"] == "very secret"
        assert "very secret" not in Credential.objects.get(pk=uuid).blob
        change = {"credential": {"blob": "another"}}
        assert call("PATCH", f"/credentials/{uuid}", token, change).status == 200
        assert call("GET", f"/credentials/{uuid}", token).json["credential"]["blob"] == "another"
        assert len(call("GET", "/credentials?type=cert", token).json["credentials"]) == 1
        assert call("GET", "/credentials?type=totp", token).json["credentials"] == []
        assert call("DELETE", f"/credentials/{uuid}", token).status == 204
        assert call("GET", f"/credentials/{uuid}", token).status == 404

    def test_others_are_not_there(self) -> None:
        user, stranger = a_user(), a_token(a_user())
        body = {"credential": {"type": "cert", "blob": "x"}}
        uuid = call("POST", "/credentials", a_token(user), body).json["credential"]["id"]
        assert call("GET", f"/credentials/{uuid}", stranger).status == 404
        assert call("PATCH", f"/credentials/{uuid}", stranger, body).status == 404
        assert call("DELETE", f"/credentials/{uuid}", stranger).status == 404
        assert call("GET", f"/credentials?user_id={user.uuid}", stranger).json["credentials"] == []
        theirs = {"credential": {"type": "cert", "blob": "x", "user_id": user.uuid}}
        assert call("POST", "/credentials", stranger, theirs).status == 403
        admin = a_token(a_user(admin=True))
        assert call("GET", f"/credentials/{uuid}", admin).status == 200
        moved = {"credential": {"user_id": a_user().uuid}}
        assert call("PATCH", f"/credentials/{uuid}", admin, moved).status == 400

    def test_a_sealed_text_of_one_user_opens_for_no_other(self) -> None:
        ada, bob = a_user(), a_user()
        body = {"credential": {"type": "cert", "blob": "x"}}
        uuid = call("POST", "/credentials", a_token(ada), body).json["credential"]["id"]
        Credential.objects.filter(pk=uuid).update(user=bob)
        assert call("GET", f"/credentials/{uuid}", a_token(bob)).status == 404

    def test_a_program_does_not_see_keys_that_can_do_more_than_it(self) -> None:
        user = a_user()
        call(
            "POST",
            f"/users/{user.uuid}/credentials/OS-EC2",
            a_token(user),
            {"tenant_id": user.uuid},
        )
        app = an_app(user, roles=[{"name": "reader"}])
        token = with_app(app["id"], app["secret"]).token
        assert call("GET", "/credentials", token).json["credentials"] == []
        path = f"/users/{user.uuid}/credentials/OS-EC2"
        assert call("GET", path, token).json["credentials"] == []
        made = call("POST", path, token, {"tenant_id": user.uuid})
        assert made.status == 201
        assert len(call("GET", path, token).json["credentials"]) == 1
        assert len(call("GET", path, a_token(user)).json["credentials"]) == 2
        other = a_project(user)
        assert call("POST", path, token, {"tenant_id": other.uuid}).status == 403


def an_ec2_key(user: User) -> dict[str, str]:
    """Make an EC2 key for a user's own project."""
    path = f"/users/{user.uuid}/credentials/OS-EC2"
    made = call("POST", path, a_token(user), {"tenant_id": user.uuid})
    assert made.status == 201, made.json
    found: dict[str, str] = made.json["credential"]
    return found


def signed(key: dict[str, str], **more: str) -> dict[str, Any]:
    """Sign a request as version 2 has it."""
    params = {
        "AWSAccessKeyId": key["access"],
        "Action": "DescribeInstances",
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        "Timestamp": stamp(now()),
        **more,
    }
    query = "&".join(
        f"{quote(k, safe='-_~')}={quote(v, safe='-_~')}" for k, v in sorted(params.items())
    )
    text = f"GET\nec2.example.org\n/\n{query}"
    made = hmac.new(key["secret"].encode(), text.encode(), hashlib.sha256).digest()
    return {
        "access": key["access"],
        "host": "EC2.example.org",
        "verb": "GET",
        "path": "/",
        "params": params,
        "signature": base64.b64encode(made).decode(),
    }


class TestSignedRequests:
    """POST /ec2tokens and /s3tokens."""

    def test_an_ec2_key_is_made_listed_shown_and_deleted(self) -> None:
        user = a_user()
        key, token = an_ec2_key(user), a_token(user)
        path = f"/users/{user.uuid}/credentials/OS-EC2"
        assert (key["tenant_id"], key["user_id"]) == (user.uuid, user.uuid)
        assert len(call("GET", path, token).json["credentials"]) == 1
        shown = call("GET", f"{path}/{key['access']}", token).json["credential"]
        assert shown["secret"] == key["secret"]
        other = a_user()
        theirs = f"/users/{other.uuid}/credentials/OS-EC2/{key['access']}"
        assert call("GET", theirs, a_token(other)).status == 404
        assert call("DELETE", f"{path}/{key['access']}", a_token(other)).status == 403
        assert call("DELETE", f"{path}/{key['access']}", token).status == 204
        foreign = a_project(a_user())
        assert call("POST", path, token, {"tenant_id": foreign.uuid}).status == 401

    def test_a_service_gets_a_token_for_a_signature(self) -> None:
        user = a_user()
        _, service = a_component("ec2")
        request = {"credentials": signed(an_ec2_key(user))}
        got = call("POST", "/ec2tokens", service, request)
        assert got.status == 200
        assert got.json["token"]["user"]["id"] == user.uuid
        assert got.json["token"]["methods"] == ["ec2credential"]
        assert call("GET", "/auth/projects", got.token).status == 200
        assert (
            call("POST", "/ec2tokens", service, {"ec2Credentials": request["credentials"]}).status
            == 200
        )

    def test_overheard_signatures_are_worth_nothing_to_others(self) -> None:
        user = a_user()
        request = {"credentials": signed(an_ec2_key(user))}
        assert call("POST", "/ec2tokens", body=request).status == 401
        assert call("POST", "/ec2tokens", a_token(user), request).status == 403
        assert call("POST", "/s3tokens", body=request).status == 401

    def test_wrong_old_and_foreign_signatures_are_refused(self) -> None:
        user = a_user()
        key = an_ec2_key(user)
        _, service = a_component("ec2")
        wrong = signed(key) | {"path": "/other"}
        assert call("POST", "/ec2tokens", service, {"credentials": wrong}).status == 401
        old = signed(key, Timestamp=stamp(now() - timedelta(minutes=20)))
        assert call("POST", "/ec2tokens", service, {"credentials": old}).status == 401
        nobody = signed({"access": "nobody", "secret": "x"})
        assert call("POST", "/ec2tokens", service, {"credentials": nobody}).status == 401
        good = {"credentials": signed(key)}
        users.deactivate(user)
        assert call("POST", "/ec2tokens", service, good).status == 401

    def test_an_s3_service_gets_a_token_for_a_signed_text(self) -> None:
        user = a_user()
        key = an_ec2_key(user)
        _, service = a_component("s3")
        text = b"GET\n\n\nFri, 20 Nov 2026 12:00:00 GMT\n/bucket/object"
        made = base64.b64encode(hmac.new(key["secret"].encode(), text, hashlib.sha1).digest())
        body = {
            "access": key["access"],
            "token": base64.urlsafe_b64encode(text).decode(),
            "signature": made.decode(),
        }
        assert call("POST", "/s3tokens", service, {"credentials": body}).status == 200
        body["signature"] = base64.b64encode(b"x" * 20).decode()
        assert call("POST", "/s3tokens", service, {"credentials": body}).status == 401

    def test_a_key_made_by_a_program_can_do_no_more_than_it(self) -> None:
        user = a_user()
        app = an_app(user, roles=[{"name": "reader"}])
        by_app = with_app(app["id"], app["secret"]).token
        path = f"/users/{user.uuid}/credentials/OS-EC2"
        key = call("POST", path, by_app, {"tenant_id": user.uuid}).json["credential"]
        _, service = a_component("ec2")
        request = {"credentials": signed(key)}
        got = call("POST", "/ec2tokens", service, request)
        assert [role["name"] for role in got.json["token"]["roles"]] == ["reader"]
        apps = f"/users/{user.uuid}/application_credentials/{app['id']}"
        assert call("DELETE", apps, a_token(user)).status == 204
        assert call("POST", "/ec2tokens", service, request).status == 401
        assert call("GET", "/auth/projects", got.token).status == 401
