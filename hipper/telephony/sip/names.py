"""Names of headers and the reason phrases of statuses (RFC 3261 §20, §21 and the IANA registry)."""

from __future__ import annotations

_COMPACT_FORMS = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}

_LIST_NAMES = """
    Accept Accept-Contact Accept-Encoding Accept-Language Accept-Resource-Priority Alert-Info Allow
    Allow-Events Call-Info Contact Content-Encoding Content-Language Diversion Error-Info
    Feature-Caps Geolocation History-Info In-Reply-To P-Access-Network-Info P-Associated-URI
    P-Asserted-Identity P-Early-Media P-Preferred-Identity P-Visited-Network-ID Path
    Permission-Missing Proxy-Require Reason Record-Route Recv-Info Reject-Contact
    Request-Disposition Require Resource-Priority Route Security-Client Security-Server
    Security-Verify Service-Route Session-ID Supported Trigger-Consent Unsupported Via Warning
"""

_SINGLE_NAMES = """
    Answer-Mode Authentication-Info Authorization CSeq Call-ID Content-Disposition Content-ID
    Content-Length Content-Transfer-Encoding Content-Type Date Event Expires Flow-Timer From
    Geolocation-Error Geolocation-Routing Identity Identity-Info Info-Package Join MIME-Version
    Max-Breadth Max-Forwards Min-Expires Min-SE Organization P-Answer-State P-Asserted-Service
    P-Called-Party-ID P-Charging-Function-Addresses P-Charging-Vector P-Media-Authorization
    P-Preferred-Service P-Profile-Key P-Refused-URI-List P-Served-User P-User-Database Priority
    Priv-Answer-Mode Privacy Proxy-Authenticate Proxy-Authentication-Info Proxy-Authorization RAck
    RSeq Refer-Sub Refer-To Referred-By Replaces Reply-To Retry-After SIP-ETag SIP-If-Match Server
    Session-Expires Subject Subscription-State Suppress-If-Match Target-Dialog Timestamp To
    User-Agent User-to-User WWW-Authenticate
"""

LISTS = frozenset(_LIST_NAMES.split())
"""Headers whose grammar is a comma-separated list (RFC 3261 §7.3.1). Challenges and credentials are not."""

CANONICAL = LISTS | frozenset(_SINGLE_NAMES.split())
"""Every known header in its canonical spelling."""

KNOWN: dict[str, str] = {
    **{name.lower(): name for name in CANONICAL},
    **{name: name for name in CANONICAL},
    **_COMPACT_FORMS,
    **{short.upper(): name for short, name in _COMPACT_FORMS.items()},
}
"""Spelling to canonical name: as written by most, in lower case, and compact."""

REASON_PHRASES: dict[int, str] = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    199: "Early Dialog Terminated",
    200: "OK",
    202: "Accepted",
    204: "No Notification",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Moved Temporarily",
    305: "Use Proxy",
    380: "Alternative Service",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    412: "Conditional Request Failed",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    417: "Unknown Resource-Priority",
    420: "Bad Extension",
    421: "Extension Required",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    424: "Bad Location Information",
    428: "Use Identity Header",
    429: "Provide Referrer Identity",
    430: "Flow Failed",
    433: "Anonymity Disallowed",
    436: "Bad Identity Info",
    437: "Unsupported Credential",
    438: "Invalid Identity Header",
    439: "First Hop Lacks Outbound Support",
    440: "Max-Breadth Exceeded",
    469: "Bad Info Package",
    470: "Consent Needed",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    484: "Address Incomplete",
    485: "Ambiguous",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    493: "Undecipherable",
    494: "Security Agreement Required",
    500: "Server Internal Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    555: "Push Notification Service Not Supported",
    580: "Precondition Failure",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
    607: "Unwanted",
    608: "Rejected",
}
"""The registered reason phrase of each status."""
