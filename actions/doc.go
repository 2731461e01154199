// Package actions declares every step the component offers: typed inputs with their rules, the Okta operations behind
// them, and the shape of the answer. How a step is reached, authorised, retried and recorded is left to the runtime and
// to package okta.
//
// There is one file a resource. An action is a struct of inputs and a value made by [connector.NewAction]; the table of
// all of them is package manifest's. What no tag can say of an input is the CheckEach method of the struct, and rules
// between inputs are its Check method, so that validate and invoke find the same mistakes.
package actions
