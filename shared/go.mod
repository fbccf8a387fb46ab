module forecourt/shared

go 1.26.0

require (
	github.com/Shopify/toxiproxy/v2 v2.5.0
	github.com/coder/websocket v1.8.15
	github.com/goccy/go-yaml v1.19.2
	github.com/google/go-cmp v0.7.0
	github.com/oklog/ulid/v2 v2.1.2
	github.com/rs/zerolog v1.28.0
	go.uber.org/goleak v1.3.0
	pgregory.net/rapid v1.3.0
)
