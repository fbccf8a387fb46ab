// Package httpapi is the hub's HTTPS side: requests and commands of tills, the
// office and devices, health and metrics, and the OpenAPI document of all of
// it, socket payloads included.
//
// # What it promises
//
//   - Every request is known by a person's session at its till, by a member's
//     session or by a device's token before its body is read; none of the
//     three opens what is another's. What a role may do is asked of staff.May
//     and nowhere else. A picture or recording is fetched by a signed link
//     that is good for minutes, and by nothing else.
//   - Every command of staff carries an Idempotency-Key. Unknown fields in a
//     body are refused; bodies end at MaxBodyBytes, uploads at
//     wire.MaxPictureBytes, in time and in number.
//   - Every error is a wire.Problem from the catalogue with the request's id in
//     it. What failed inside goes to the log only, never a stack, and no value
//     that a client sent is repeated.
//   - One log line a request, without query, headers or body: no secret of a
//     client reaches the log.
//
// One file per audience: desk.go for tills, office.go for the station head,
// members.go for who sees what of members, support.go for agents, driver.go and
// driverself.go for members, media.go for whoever holds a link, device.go for machines, auth.go for who is who, health.go for
// operators.
package httpapi
