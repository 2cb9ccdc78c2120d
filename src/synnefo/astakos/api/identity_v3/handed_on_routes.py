"""What users hand on: the part of Identity v3 for programs and for others who act for them.

Spec: openstack-api 4.2 to 4.4.
"""

from synnefo.astakos.api.identity_v3 import application_credentials, credentials, trusts
from synnefo.serve.http import Route

_APPS = "/users/{user_id}/application_credentials"
_RULES = "/users/{user_id}/access_rules"
_EC2 = "/users/{user_id}/credentials/OS-EC2"
_TRUSTS = "/OS-TRUST/trusts"

ROUTES = [
    Route("GET", _APPS, application_credentials.list_credentials),
    Route("POST", _APPS, application_credentials.create_credential, status=201),
    Route("GET", _APPS + "/{credential_id}", application_credentials.show_credential),
    Route(
        "DELETE", _APPS + "/{credential_id}", application_credentials.delete_credential, status=204
    ),
    Route("GET", _RULES, application_credentials.list_rules),
    Route("GET", _RULES + "/{rule_id}", application_credentials.show_rule),
    Route("DELETE", _RULES + "/{rule_id}", application_credentials.delete_rule, status=204),
    Route("GET", _EC2, credentials.list_ec2),
    Route("POST", _EC2, credentials.create_ec2, status=201),
    Route("GET", _EC2 + "/{access}", credentials.show_ec2),
    Route("DELETE", _EC2 + "/{access}", credentials.delete_ec2, status=204),
    Route("GET", "/credentials", credentials.list_credentials),
    Route("POST", "/credentials", credentials.create_credential, status=201),
    Route("GET", "/credentials/{credential_id}", credentials.show_credential),
    Route("PATCH", "/credentials/{credential_id}", credentials.update_credential),
    Route("DELETE", "/credentials/{credential_id}", credentials.delete_credential, status=204),
    Route("POST", "/ec2tokens", credentials.create_ec2_token),
    Route("POST", "/s3tokens", credentials.create_s3_token),
    Route("GET", _TRUSTS, trusts.list_trusts),
    Route("POST", _TRUSTS, trusts.create_trust, status=201),
    Route("GET", _TRUSTS + "/{trust_id}", trusts.show_trust),
    Route("DELETE", _TRUSTS + "/{trust_id}", trusts.delete_trust, status=204),
    Route("GET", _TRUSTS + "/{trust_id}/roles", trusts.list_trust_roles),
    Route("GET", _TRUSTS + "/{trust_id}/roles/{role_id}", trusts.show_trust_role),
]
