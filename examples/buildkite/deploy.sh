#!/usr/bin/env bash
set -euo pipefail

# By the agent's socket the token is redacted before it is printed. What is set there reaches later hooks only, hence
# `--export shell` for this script.
login=$(docker run --rm \
  --volume "$BUILDKITE_AGENT_JOB_API_SOCKET:$BUILDKITE_AGENT_JOB_API_SOCKET" \
  --env BUILDKITE --env BUILDKITE_AGENT_JOB_API_SOCKET --env BUILDKITE_AGENT_JOB_API_TOKEN \
  --env SFJWT_CONSUMER_KEY --env SFJWT_PRIVATE_KEY --env SFJWT_USERNAME --env SFJWT_LOGIN_URL \
  ghcr.io/OWNER/sfjwt-action:1 login --export shell)
eval "$login"

sf org login access-token --instance-url "$SF_INSTANCE_URL" --no-prompt --set-default --alias ci
sf project deploy start --source-dir force-app
