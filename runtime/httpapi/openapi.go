package httpapi

import (
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// OpenAPI ...
func OpenAPI(m *connector.Manifest) []byte { return nil }
