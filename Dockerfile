# The image of the operator. It runs as a user without a name, and needs no place to write to.
#
#     docker build -t <registry>/ecr-operator:<tag> --build-arg VERSION=<tag> .
#
# BASE_IMAGE is for another Python (3.11 or newer), or for the same one behind a mirror or by its digest.
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# Without pip: nothing in the image installs packages into it.
RUN python -m venv --without-pip /opt/ecr-operator
COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m pip install --require-hashes --no-deps --only-binary :all: -r requirements/build.txt
RUN python -m pip --python /opt/ecr-operator install --no-compile --require-hashes --no-deps --only-binary :all: \
        -r requirements/run.txt
# What changes with every commit comes after what does not.
COPY pyproject.toml README.md LICENSE ./
COPY crds crds
COPY operator operator
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .
RUN python -m pip --python /opt/ecr-operator install --no-compile --no-deps --no-index --find-links /wheels ecr-operator
# On a read-only file system nothing is compiled for the next start. Bytecode that is never compared with its source
# stays valid whatever the copying of layers does to times.
RUN /opt/ecr-operator/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/ecr-operator/lib

FROM ${BASE_IMAGE}
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ecr-operator" \
      org.opencontainers.image.description="Declarative Amazon ECR for Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The slim images leave out the bytecode of Python's own library.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash -x "/(site-packages|test|tests|idlelib)/" /usr/local/lib
COPY --from=build /opt/ecr-operator /opt/ecr-operator
# Nobody of this number is in /etc/passwd, where the kubernetes package would look for a home.
ENV HOME=/ PATH=/opt/ecr-operator/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["ecr-operator"]
CMD ["run"]
