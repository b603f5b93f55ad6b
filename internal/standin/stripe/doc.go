// Package stripe is a stand-in for Stripe: an HTTP server that speaks Stripe's
// wire format (API version 2023-10-16), keeps state, shows the pages Stripe
// would host and sends signed webhooks. The demo and the tests run the real
// adapter against it; nothing else in the program knows which one it talks to.
//
// It is strict where Stripe is strict: unknown parameters, amounts over what is
// left, reused idempotency keys and accounts that may not be paid yet are all
// refused in Stripe's own words. It can also misbehave on cue: decline, delay,
// fail, hang, lose an answer after doing the work, and repeat, reorder or drop
// webhooks.
//
// Pages:
//
//	GET  /pay/{session}            the payment page; fields method, number, expiry, cvc
//	GET  /pay/{session}/{wallet}   "approve in your app"; field decision = approve, decline, slow
//	GET  /onboard/{account}        a seller's onboarding, one button
//	GET  /express/{account}        what a seller sees at Stripe
//	POST /_cue/{name}              misbehave (loopback only; see cues.go)
package stripe
