#!/bin/sh
# The least that a login takes: an assertion signed by openssl, sent by curl, and the token taken out of the answer.
set -eu

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

header=$(printf '{"alg":"RS256","typ":"JWT"}' | base64url)
claims=$(printf '{"iss":"%s","sub":"%s","aud":"%s","exp":%d,"jti":"%s"}' "$SFJWT_CONSUMER_KEY" "$SFJWT_USERNAME" \
    "$SFJWT_LOGIN_URL" $(($(date +%s) + 180)) "$(cat /proc/sys/kernel/random/uuid)" | base64url)
signature=$(printf '%s.%s' "$header" "$claims" | openssl dgst -sha256 -sign "$SFJWT_PRIVATE_KEY_FILE" | base64url)

curl --silent --show-error --fail --cacert "$SFJWT_CA_CERTIFICATES_FILE" \
    --data-urlencode grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer \
    --data-urlencode "assertion=$header.$claims.$signature" "$SFJWT_LOGIN_URL/services/oauth2/token" |
    grep -o '"access_token":"[^"]*"'
