"""Signing in at the company's own server (OpenID Connect: authorization code with PKCE, state and nonce)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from crmetrics.vocabulary.errors import BadValue, NotSignedIn
from crmetrics.vocabulary.language import words
from crmetrics.workspace.company_sign_ins import Begun
from crmetrics.workspace.people import People, Person

_ = words("people")

SECRET: Final = "CRMETRICS_SIGN_IN_SECRET"
_SECONDS: Final = 10.0
_LEEWAY: Final = 60
_ALGORITHMS: Final = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
]
"""Those of key pairs: with one shared secret whoever can check a token could also make one."""


class SignInRefused(NotSignedIn):
    """The company's server did not answer, or what it answered does not hold, or says of somebody who is not one of ours."""


@dataclass(frozen=True)
class CompanyServer:
    """The company's sign-in server, as crmetrics.toml names it."""

    issuer: str
    client_id: str
    secret: str
    employee_claim: str
    new_people: str
    trusts_email: bool

    def address(self, begun: Begun, back: str) -> str:
        """Where the browser is sent to sign in; `back` is the address of ours to which it returns."""
        with self._client(back) as client:
            url, _state = client.create_authorization_url(
                self._metadata(client)["authorization_endpoint"],
                state=begun.state,
                nonce=begun.nonce,
                code_verifier=begun.verifier,
            )
        return str(url)

    def claims(self, begun: Begun, back: str, code: str) -> Mapping[str, Any]:
        """What the server says of who has signed in, its signature, audience, time and nonce checked. Raises SignInRefused."""
        from authlib.integrations.base_client import OAuthError
        from authlib.oidc.core import CodeIDToken
        from httpx2 import HTTPError
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            with self._client(back) as client:
                metadata = self._metadata(client)
                token = client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=begun.verifier)
                keys = client.request("GET", metadata["jwks_uri"], withhold_token=True).raise_for_status().json()
            signed = jwt.decode(str(token["id_token"]), KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
            demanded = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
            }
            known = {"nonce": begun.nonce, "client_id": self.client_id, "access_token": token.get("access_token")}
            found = CodeIDToken(signed.claims, signed.header, demanded, known)
            found.validate(leeway=_LEEWAY)
        except (HTTPError, OAuthError, JoseError, KeyError, ValueError) as error:
            raise SignInRefused(
                _(
                    "The company's sign-in server gave an answer that does not hold: {problem}.",
                    problem=type(error).__name__,
                )
            ) from error
        return dict(found)

    def person(self, people: People, claims: Mapping[str, Any]) -> Person:
        """Whom the claims mean: known from before, found by a confirmed e-mail address, or new where the settings let them in."""
        subject = f"{self.issuer}|{claims['sub']}"
        email = str(claims.get("email") or "")
        is_confirmed = claims.get("email_verified") is True or self.trusts_email
        found = people.by_subject(subject)
        if found is None and email and is_confirmed:
            found = people.find(email)
            if found is not None:
                people.link_subject(found.number, subject)
        employee = str(claims.get(self.employee_claim) or "") if self.employee_claim else ""
        if found is None:
            found = self._new(people, subject, email if is_confirmed else "", employee, claims)
        if found.is_disabled:
            raise SignInRefused(_("'{name}' is disabled here.", name=found.name))
        if employee and employee != found.employee_id:
            found = people.change(found.number, employee_id=employee)
        return found

    def _new(self, people: People, subject: str, email: str, employee: str, claims: Mapping[str, Any]) -> Person:
        name = email or str(claims.get("preferred_username") or claims["sub"])
        if not self.new_people:
            raise SignInRefused(_("'{name}' is not known here. An administrator can add this name.", name=name))
        return people.add(name, self.new_people, email=email or None, employee_id=employee or None, subject=subject)

    def _client(self, back: str) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        return OAuth2Client(
            self.client_id,
            self.secret,
            scope="openid email profile",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=_SECONDS,
        )

    def _metadata(self, client: Any) -> Mapping[str, Any]:
        from httpx2 import HTTPError

        address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found: Mapping[str, Any] = client.request("GET", address, withhold_token=True).raise_for_status().json()
        except (HTTPError, ValueError) as error:
            raise SignInRefused(
                _("The company's sign-in server does not answer at '{issuer}'.", issuer=self.issuer)
            ) from error
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if found.get("issuer") != self.issuer or any(not isinstance(found.get(each), str) for each in needed):
            raise SignInRefused(_("What answers at '{issuer}' is not that sign-in server.", issuer=self.issuer))
        return found


def company_server(settings: Mapping[str, str]) -> CompanyServer | None:
    """The server that [sign_in] of crmetrics.toml names; None if it names none. BadValue for one that cannot be safe."""
    issuer = settings.get("issuer", "")
    if not issuer:
        return None
    parts = urlsplit(issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise BadValue(_("'{issuer}' of [sign_in] must begin with https://.", issuer=issuer))
    if not settings.get("client_id") or not os.environ.get(SECRET):
        raise BadValue(
            _("[sign_in] needs client_id in crmetrics.toml and the secret in the environment as {name}.", name=SECRET)
        )
    return CompanyServer(
        issuer,
        settings["client_id"],
        os.environ[SECRET],
        settings.get("employee_claim", ""),
        settings.get("new_people", ""),
        settings.get("trusts_email", "").lower() in ("yes", "true"),
    )
