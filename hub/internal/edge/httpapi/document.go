package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/shared/wire"
)

// classes names the classes of kinds in the document.
var classes = map[wire.Class]string{
	wire.ClassControl: "control", wire.ClassFact: "fact", wire.ClassEvent: "event", wire.ClassTick: "tick",
}

// document finishes the OpenAPI document with the payloads of the socket, from
// the same Go types, and serves it.
func (a *api) document() {
	a.describeForms()
	a.describeProblems()
	doc := a.huma.OpenAPI()
	schemas := doc.Components.Schemas
	ref := func(v any) string {
		t := reflect.TypeOf(v)
		return schemas.Schema(t, true, t.Name()).Ref
	}
	kinds := map[string]any{}
	for _, kind := range slices.Sorted(maps.Keys(wire.Kinds)) {
		info := wire.Kinds[kind]
		entry := map[string]any{"class": classes[info.Class]}
		if info.Body != nil {
			entry["$ref"] = ref(info.Body)
		}
		kinds[string(kind)] = entry
	}
	doc.Extensions = map[string]any{"x-forecourt-live": map[string]any{
		"path":    "/v1/live",
		"version": wire.Version,
		"frame":   ref(wire.Frame{}),
		"kinds":   kinds,
		"snapshots": map[string]any{
			"forecourt": ref(wire.ForecourtSnap{}),
			"desk":      ref(wire.DeskSnap{}),
			"station":   ref(wire.StationSnap{}),
			"driver":    ref(wire.DriverSnap{}),
			"chat":      ref(wire.ChatSnap{}),
			"support":   ref(wire.SupportSnap{}),
			"post":      ref(wire.PostSnap{}),
			"security":  ref(wire.SecuritySnap{}),
		},
	}}
	text, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Sprintf("httpapi: the API's own document does not encode: %v", err)) // a defect of this package
	}
	a.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(text) // the client may be gone
	})
}

// describeProblems lists the catalogue of problems as what a problem's type may
// be: clients that have words of their own are held to it.
func (a *api) describeProblems() {
	kind := a.huma.OpenAPI().Components.Schemas.Map()["Problem"].Properties["type"]
	for _, t := range slices.Sorted(maps.Keys(wire.Problems)) {
		kind.Enum = append(kind.Enum, t)
	}
}

// Document is the OpenAPI document of this API and its socket, indented, for
// the files generated from it.
func Document(version string) ([]byte, error) {
	a := assemble(Deps{
		Version: version, Live: http.NotFoundHandler(), Metrics: prometheus.NewRegistry(),
		Now: func() time.Time { return time.Time{} },
	})
	text, err := json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the document: %w", err)
	}
	return append(text, '\n'), nil
}
