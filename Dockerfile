# Built in its users' jobs, by GitHub and by others, some of whose engines have no BuildKit: hence the classic form.
FROM debian:trixie-slim AS python

# Debian serves one version of a package at a time, so a pinned one would soon be gone.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/*


FROM python AS build

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*

# pip and the build backend are in /build and stay here. What the image runs is in /opt/sfjwt.
# The wheel of actions-toolkit brings its tests along, as a top-level package.
WORKDIR /src
COPY requirements-build.lock requirements.lock ./
RUN python3 -m venv /build \
    && python3 -m venv --without-pip /opt/sfjwt \
    && /build/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        --requirement requirements-build.lock \
    && /build/bin/pip --python /opt/sfjwt install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        --requirement requirements.lock \
    && rm -r /opt/sfjwt/lib/python3*/site-packages/tests

COPY LICENSE README.md pyproject.toml ./
COPY sfjwt_action sfjwt_action
RUN /build/bin/python -m flit_core.wheel --outdir /build \
    && /build/bin/pip --python /opt/sfjwt install --no-cache-dir --no-deps /build/*.whl


FROM python

LABEL org.opencontainers.image.title="sfjwt-action" \
      org.opencontainers.image.description="Log a CI job in to Salesforce by the OAuth 2.0 JWT bearer flow" \
      org.opencontainers.image.licenses="MIT"

COPY --from=build /opt/sfjwt /opt/sfjwt
COPY entrypoint.py post_entrypoint.py /sfjwt/
RUN ln -s /sfjwt/entrypoint.py /usr/local/bin/sfjwt

# It runs as root: no other user could write to the file in which GitHub expects a step's outputs.
ENTRYPOINT ["/sfjwt/entrypoint.py"]
