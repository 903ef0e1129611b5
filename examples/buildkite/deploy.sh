#!/usr/bin/env bash
set -euo pipefail

# With its socket, the agent redacts the token before it is printed. Variables set on the socket only reach later hooks,
# so this script uses `--export shell`.
login=$(docker run --rm \
  --volume "$BUILDKITE_AGENT_JOB_API_SOCKET:$BUILDKITE_AGENT_JOB_API_SOCKET" \
  --env BUILDKITE --env BUILDKITE_AGENT_JOB_API_SOCKET --env BUILDKITE_AGENT_JOB_API_TOKEN \
  --env SFJWT_CONSUMER_KEY --env SFJWT_PRIVATE_KEY --env SFJWT_USERNAME --env SFJWT_LOGIN_URL \
  ghcr.io/OWNER/sfjwt-action:1 login --export shell)
eval "$login"

sf org login access-token --instance-url "$SF_INSTANCE_URL" --no-prompt --set-default --alias ci
sf project deploy start --source-dir force-app
