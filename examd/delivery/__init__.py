"""Delivery: seats, sign-in, forms out, answers in. Runs in the serving process, which never holds an answer key.

Way in: `server` (TLS, WebSocket) -> `seats` or `staff_socket` (one connection each) -> `sign_in`, `answers`, `ending`,
`commands` (what may be done, and doing it) -> `room`, `hall` (what is true now) -> `examd.record`. `view` builds what
is shown. `supervisor` keeps the process alive, `serve` is its main. Imports go this way only.
"""
