// Package httpapi is the hub's HTTPS side: requests and commands of tills, the
// office and devices, health and metrics, and the OpenAPI document of all of
// it, socket payloads included.
//
// # What it promises
//
//   - Every request is known by a person's session at its till, or by a
//     device's token, before its body is read; what a role may do is asked of
//     staff.May and nowhere else.
//   - Every command carries an Idempotency-Key. Unknown fields in a body are
//     refused, bodies end at MaxBodyBytes.
//   - Every error is a wire.Problem from the catalogue with the request's id in
//     it. What failed inside goes to the log only, never a stack, and no value
//     that a client sent is repeated.
//   - One log line a request, without query, headers or body: no secret of a
//     client reaches the log.
//
// One file per audience: desk.go for tills, office.go for the station head,
// device.go for machines, auth.go for who is who, health.go for operators.
package httpapi
