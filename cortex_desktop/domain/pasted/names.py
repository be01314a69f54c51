"""What the name beside a value says about it: an API key of Cortex, some key, an API secret, or something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

_RUN = re.compile("[\u3040-\u9fff]+|[^\\W\\d_\u3040-\u9fff]+|[0-9]+")
_WORD = re.compile("[A-Z]+s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|.+")
_ID = re.compile("[0-9a-fA-F{}-]{16,}")
_GLUED = re.compile(
    "(medable|cortex|mdctl|client|api|app)?(medable|cortex|client|api|app)?(client|api|app)?(keys?|secrets?)?"
)

KEY = frozenset(
    "key keys schlüssel schluessel clé cle clave chave chiave sleutel nyckel klucz ключ 密钥 密鑰 キー 키".split()
)
SECRET = frozenset(("secret", "secrets"))
OURS = frozenset(("medable", "cortex", "mdctl"))
NEUTRAL = frozenset(
    # what a key is for, in the words of this API
    "api app apps application client consumer http https header headers x k public signing shared "
    # where a program keeps its settings
    "env environment config configuration conf settings setting options option var vars variable variables properties "
    "param params parameter parameters args arg next vite react expo nuxt gatsby ng vue svelte build field "
    "default defaults current value values val string text data body json content raw note notes comment description "
    "plain literal example sample computed message msg reason stringdata input output entry item "
    "credentials credential creds auth "
    # which one
    "my our your the a an this that is of for new first second main dev development develop test tests testing "
    "qa uat stage staging sandbox prod production live local demo int integration preprod beta eu us and to in "
    "c s z m g i n e h d const name der die das den dem le la les el il de del du des "
    "set with enter put use using ist lautet est es é è".split()
)
"""Words that say nothing against a key of this API."""
_KINDS = frozenset(
    "token tokens password passwords passwd pwd pass passphrase passcode session sessions sid cookie cookies csrf xsrf "
    "signature sig nonce hash digest checksum sha sha1 sha256 sha512 md5 etag fingerprint salt iv jwt jwk bearer "
    "authorization oauth oauth2 refresh uuid guid encryption encrypt encrypted crypto cipher aes rsa hmac pem private "
    "ssh pgp gpg webhook dsn nextauth cert certificate license licence otp totp mfa ssl tls vpn wifi wpa smtp ftp "
    "django flask rails laravel symfony cache".split()
)
"""Other kinds of drawn values. No key of such a kind is a key of this API."""
_HIDDEN = frozenset(("password", "passwd", "pwd", "pass"))
_THINGS = frozenset(
    "trace traceid span request requestid correlation transaction commit revision rev sequence tracking device install "
    "installation instance database db username user login verification verifier challenge state code recovery invite "
    "image container file filename path blob upload ref order invoice track playlist video channel object record "
    "document doc account url uri host link".split()
)
"""Things that have drawn names. A key may be for such a thing, so that they only say that this is something else."""
_VENDORS = frozenset(
    "stripe google gcp gcs firebase fcm apns aws amazon s3 azure microsoft msal github gitlab slack discord "
    "telegram twilio sendgrid mailgun mailchimp mandrill postmark sparkpost sentry datadog newrelic rollbar "
    "bugsnag algolia mapbox maps segment mixpanel amplitude intercom zendesk freshdesk paypal braintree plaid "
    "adyen okta auth0 cognito keycloak openai anthropic claude gemini huggingface facebook fb instagram "
    "twitter linkedin spotify youtube dropbox heroku netlify vercel cloudflare cloudinary contentful sanity "
    "pusher ably redis mongo mongodb postgres postgresql mysql mariadb mssql rabbitmq kafka elastic "
    "elasticsearch kibana grafana prometheus npm pypi docker dockerhub jira atlassian bitbucket trello asana "
    "notion airtable hubspot salesforce shopify woocommerce launchdarkly optimizely recaptcha hcaptcha twitch "
    "zoom docusign supabase hasura snowflake databricks jenkins circleci codecov sonar sonarqube snyk "
    "artifactory nexus vault consul onesignal appsflyer crashlytics appcenter fastlane yelp foursquare "
    "openweather giphy unsplash pexels typeform calendly cerner redox veeva ethereum infura alchemy web3 "
    "bitcoin coinbase binance minio backblaze wasabi linode digitalocean".split()
)
"""Whose keys are often found beside ours."""
_WHAT_FOR = re.compile(
    rf"(?i)\b({'|'.join(KEY)}) (?:of|for|to|in|on|at|from|is|which|that|does|the|we|you|i|it|"
    r"ist|lautet|für|von|est|es|é|è|de|da|do|di|del|della|pour|per|para)\b.*"
)
_OLD = frozenset("old previous prev former deprecated revoked expired retired obsolete legacy unused rotated".split())
_ENCLOSING = _VENDORS | frozenset("cookie cookies jwt jwk oauth oauth2 tokens passwords session database".split())
"""Said of what a value stands in, these speak against it. Other words there do not: a request holds headers."""

_FRAME = frozenset(
    "request requests response log entries entry collection resources service services class struct object enum "
    "func function def interface extension namespace module exports export trait impl fn package android "
    "defaultconfig dict array string add property properties elementprop prop preference appsettings runner "
    "deployment job jobs build steps step with document root list info query get post put set create update "
    "delete method url network manager constants consts constant utils location context state props extra "
    "metadata spec containers container dl ul ol div body html head main section article tbody thead form span "
    "builder curl fetch axios new init start setup configure setenv os sys process td tr table row rows column "
    "record records clients".split()
)
"""Words of what holds settings, in files and source code, that say nothing of whose they are."""

NAMES = frozenset("name key header field label id variable property parameter setting title item option".split())
SERVICES = frozenset("service provider vendor system product machine".split())
"""Names of fields that say whose a key is."""
VALUES = frozenset(
    ("", *"value val values content data text default string currentvalue initialvalue password".split())
) | {"example", "sample", "computed"}
"""Names of the two halves of a name/value pair."""


class Says(IntEnum):
    """What names say about a value, from likely to unlikely."""

    OURS = 0
    KIND = 1
    PERHAPS = 2
    NOTHING = 3
    ELSE = 4
    FOREIGN = 5


def words(name: str) -> list[str]:
    """The words of a name, small: `MEDABLE_CLIENT_KEY`, `medableClientKey` and "Medable client key" give the same."""
    found = []
    parts = [part for run in _RUN.findall(name) for part in (_WORD.findall(run) if run.isascii() else [run])]
    for word in map(str.lower, parts):
        glued = _GLUED.fullmatch(word)
        if glued:
            found += [part for part in glued.groups() if part]
        elif word.endswith(("key", "secret")) and word not in ("key", "secret"):
            found += [word.removesuffix("key").removesuffix("secret"), "key" if word.endswith("key") else "secret"]
        else:
            found.append(word)
    for n in range(len(found) - 2, -1, -1):
        if found[n] + found[n + 1] in _VENDORS:  # GitHub, SendGrid
            found[n : n + 2] = [found[n] + found[n + 1]]
    return found


def is_id(name: str) -> bool:
    """True for a UUID or a number in hex, which is no name."""
    return _ID.fullmatch(name) is not None


def of_key(names: Sequence[str]) -> Says:
    """What `names`, outermost first, say about a value of a key's shape."""
    return _says(names, KEY, SECRET)


def of_secret(names: Sequence[str]) -> Says:
    """What `names`, outermost first, say about a value of a secret's shape."""
    return _says(names, SECRET, frozenset())


def _says(names: Sequence[str], kind: frozenset[str], wrong: frozenset[str]) -> Says:
    own, enclosing = _own(names)
    around = {word for name in enclosing for word in words(name)}
    said = set(own)
    foreign = bool(said & _KINDS or (said & _VENDORS and not said & OURS))
    if (said & wrong and not (said & kind and said & OURS)) or (
        own[-1:] == ["id"] and not said & (OURS | {"app", "client"})
    ):
        return Says.FOREIGN
    if said <= _HIDDEN and around & OURS and kind is KEY:
        return Says.PERHAPS  # a program that keeps passwords keeps keys as such
    if foreign or (around & _ENCLOSING and not said & OURS):
        return Says.FOREIGN
    if said & kind:
        if (said | around) & OURS:
            return Says.OURS
        known = kind | NEUTRAL | _OLD
        return Says.KIND if all(word in known or word.isdigit() for word in own) else Says.PERHAPS
    if said & OURS:
        return Says.KIND if kind is KEY else Says.PERHAPS
    if own and enclosing and _says(enclosing[-1:], kind, wrong) <= Says.KIND:
        return Says.PERHAPS
    return Says.ELSE if own else Says.NOTHING


def _own(names: Sequence[str]) -> tuple[list[str], Sequence[str]]:
    """The words of the innermost name that says something, and the names around it."""
    for n in range(len(names) - 1, -1, -1):
        # A key of or for something may be ours; a key with something before it may be another's.
        own = words(names[n])
        if " " in names[n]:
            own = [word for word in own if word in _VENDORS] + words(_WHAT_FOR.sub(r"\1", names[n]))
        if any(word not in NEUTRAL and not word.isdigit() for word in own):
            return own, names[:n]
    return [], ()


def is_old(names: Sequence[str]) -> bool:
    """True if a name says that its value is not used any more."""
    return any(word in _OLD for name in names[-1:] for word in words(name))


def may_be_anothers(names: Sequence[str]) -> bool:
    """True if what a value stands in has a name of its own: the key of `weatherly: {apiKey: …}` may be Weatherly's."""
    enclosing = _own(names)[1]
    known = NEUTRAL | _FRAME | KEY | SECRET | OURS
    return any(word not in known and not word.isdigit() for name in enclosing[-1:] for word in words(name))


def says_whose(label: str) -> bool:
    """True if a label names this API or another company."""
    return bool(set(words(label)) & (OURS | _VENDORS))


def is_anothers(label: str) -> bool:
    """True if a label names another company and not this API."""
    return bool(set(words(label)) & _VENDORS) and not set(words(label)) & OURS


def is_telling(phrase: str) -> bool:
    """True if some words in a sentence say what the value after them is."""
    said = set(words(phrase))
    return bool(said & (KEY | SECRET | OURS | _KINDS | _VENDORS | _THINGS | {"id"}))


def tells_of_key(name: str) -> bool:
    """True if the name of what is called with a value says that this is a key, or whose."""
    return bool(set(words(name)) & (KEY | SECRET | OURS | _VENDORS))


def is_api_secret(names: Sequence[str]) -> bool:
    """True if a secret is named as this API's, whatever stands beside it."""
    says = of_secret(names)
    is_ours = says is Says.OURS or (says is Says.KIND and "api" in _own(names)[0])
    return is_ours and not may_be_anothers(names)


def belongs(secret: Sequence[str], key: Sequence[str]) -> bool:
    """True if a secret's names are those of the key with "secret" for "key": it is this API's, beside the key."""
    says = of_secret(secret)
    if says not in (Says.OURS, Says.KIND):
        return False
    mine, its = set(_own(secret)[0]) - SECRET - KEY, set(_own(key)[0]) - KEY
    roles = {"api", "app", "client", "signing", "shared"}
    if says is Says.OURS:
        return mine - roles - OURS == its - roles - OURS
    return mine == its or (mine <= {"api"} | its and mine - roles == its - roles and bool(mine))
