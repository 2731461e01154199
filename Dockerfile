# syntax=docker/dockerfile:1
FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/connector ./cmd/connector \
 && mkdir -p /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/connector /connector
COPY --from=build --chown=nonroot:nonroot /out/data /data
USER nonroot
ENV CONNECTOR_ADDR=0.0.0.0:8080 \
    CONNECTOR_DATABASE=sqlite:/data/connector.db \
    CONNECTOR_MAKE_API_KEY=true
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/connector"]
CMD ["serve"]
