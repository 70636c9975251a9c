"""Delivery: seats, sign-in, forms out, answers in. Runs in the serving process, which never holds an answer key.

Way in: `server` (TLS, WebSocket) -> `seats` or `desk` (one connection each) -> `hall` (what may be done, and doing it)
-> `examd.record`. `view` builds what is shown. `supervisor` keeps the process alive, `serve` is its main.
"""
