#!/bin/sh
# Makes the release's signing identity and the notary's password usable, in a keychain of its own: keychain.sh FILE
# From the environment: CERTIFICATE (a .p12 as base64), CERTIFICATE_PASSWORD, APPLE_ID, NOTARY_PASSWORD, TEAM.
set -eu

keychain=$1
password=$(openssl rand -base64 24)
certificate=$(mktemp -d)/identity.p12
trap 'rm -rf "$(dirname "$certificate")"' EXIT

printf %s "$CERTIFICATE" | openssl base64 -d -A > "$certificate"
security create-keychain -p "$password" "$keychain"
security set-keychain-settings -lut 7200 "$keychain"
security unlock-keychain -p "$password" "$keychain"
security import "$certificate" -k "$keychain" -P "$CERTIFICATE_PASSWORD" -T /usr/bin/codesign
# Without this codesign would ask at a window that nobody sees.
security set-key-partition-list -S apple-tool:,apple: -s -k "$password" "$keychain" > /dev/null
# Beside the login keychain, which stays the default: --self-check stores its key there.
login=$(security login-keychain | tr -d '" ')
security list-keychains -d user -s "$keychain" "$login"
xcrun notarytool store-credentials cortex-desktop --apple-id "$APPLE_ID" --password "$NOTARY_PASSWORD" --team-id "$TEAM"
