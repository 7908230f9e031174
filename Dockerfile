# An image with the program and nothing else. Not built by any test here: CI has no
# container engine.
#
#   docker build -t cnntrain .
#   docker run --rm -v "$PWD:/work" -v cnntrain-data:/data cnntrain fit specs/lenet5.yaml
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /cnntrain ./cmd/cnntrain \
    && mkdir -p /image && mkdir -m 1777 /image/tmp

FROM scratch
# To download datasets over https.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /cnntrain /bin/cnntrain
# For bench and verify, which write temporary folders.
COPY --from=build /image/ /
ENV CNNTRAIN_DATA=/data
WORKDIR /work
ENTRYPOINT ["/bin/cnntrain"]
