"""How a client knows the site's server: TLS 1.3, a chain up to the one root it was given, dates off.

Before: `examd.delivery.certificates` made root and chain. After: `terminal.client` and
`examd.site.staff_client` connect.
"""

import ssl
from pathlib import Path

NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for."""


def trusting(trust: Path) -> ssl.SSLContext:
    """TLS 1.3 to a server whose chain ends in a certificate of the PEM file `trust`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.load_verify_locations(trust)
    context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    return context
