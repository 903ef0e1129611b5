# Works without BuildKit, because some runners build the image without it. The image has three layers: Debian's packages,
# the locked Python packages, and this package. docs/releasing.md describes how to rebuild it byte for byte.
FROM debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f AS build

# Debian serves only one version of a package at a time, so a pinned version would soon disappear.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends busybox ca-certificates python3-venv \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /src
COPY image/debian image/
RUN apt-get update \
    && image/debian /image/debian \
    && rm -rf /var/lib/apt/lists/*

# pip and the build backend stay in /build. The wheel of actions-toolkit contains its tests.
COPY requirements-build.lock requirements.lock ./
RUN python3 -m venv /build \
    && /build/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        --requirement requirements-build.lock \
    && /build/bin/pip install --no-cache-dir --no-compile --no-deps --only-binary :all: --require-hashes \
        --target /image/dependencies/usr/lib/python3/dist-packages --requirement requirements.lock \
    && rm -r /image/dependencies/usr/lib/python3/dist-packages/certifi* \
        /image/dependencies/usr/lib/python3/dist-packages/tests
COPY image/certifi.py /image/dependencies/usr/lib/python3/dist-packages/

COPY LICENSE README.md pyproject.toml ./
COPY sfjwt_action sfjwt_action
# The package's RECORD has a hash of its wheel, which contains file times.
ARG SOURCE_DATE_EPOCH=315532800
RUN /build/bin/python -m flit_core.wheel --outdir /build \
    && /build/bin/pip install --no-cache-dir --no-compile --no-deps \
        --target /image/sfjwt/usr/lib/python3/dist-packages /build/*.whl

COPY entrypoint.py post_entrypoint.py /image/sfjwt/sfjwt/
COPY image/seal image/
# This package keeps its docstrings: Python generates one for each dataclass without one, which is slower than reading it.
RUN rm -r /image/*/usr/lib/python3/dist-packages/bin \
    && mkdir -p /image/sfjwt/usr/local/bin \
    && ln -s /sfjwt/entrypoint.py /image/sfjwt/usr/local/bin/sfjwt \
    && image/seal 2 /image/debian /image/dependencies \
    && image/seal 0 /image/sfjwt


FROM scratch

LABEL org.opencontainers.image.title="sfjwt-action" \
      org.opencontainers.image.description="Authenticate CI jobs to Salesforce with the OAuth 2.0 JWT bearer flow" \
      org.opencontainers.image.licenses="MIT"

COPY --from=build /image/debian /
COPY --from=build /image/dependencies /
COPY --from=build /image/sfjwt /

# Without the second, requests would obey CURL_CA_BUNDLE, which often names a file of the host.
ENV PATH=/usr/local/bin:/usr/bin \
    REQUESTS_CA_BUNDLE=/etc/ssl/certs

# Runs as root, because no other user can write the file in which GitHub expects a step's outputs.
ENTRYPOINT ["/sfjwt/entrypoint.py"]
