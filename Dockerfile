# jcuvae for a host with an NVIDIA driver and NVIDIA's container toolkit. It has been built and run nowhere yet; what it does is
# scripts/package, which has, and installing three packages beside the result.
#   docker build -t jcuvae .
#   docker run --rm --gpus all -v "$PWD:/work" jcuvae devices
FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /src
COPY . .
RUN scripts/package --folder /opt/jcuvae

FROM nvidia/cuda:12.6.3-base-ubuntu22.04
# cuBLAS and cuRAND for the computation; fontconfig and a font for charts.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcublas-12-6 libcurand-12-6 fontconfig fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/jcuvae /opt/jcuvae
WORKDIR /work
ENTRYPOINT ["/opt/jcuvae/bin/vae"]
