"""The one door to a TestVibe server and its storage: answers or a `ClientError` come out, and the API key never does.

ClientError
  x Unreachable   no answer was had: host not found, refused, reset, proxy, TLS, time limit
  x Refused       the key does not open this: 401, 403
  x NotFound      there is no such run, project, feature or address: 404, 410
  x Conflict      the server will not do this now: 409
  x Faulty        the server failed: 5xx, and every other status that brings no answer
  x Busy          the server wants to be left alone for a while: 429, and 503 with Retry-After
  x Unreadable    the answer is not what was asked for: a web page, empty, cut off, wrong types, another run, too large
  x Redirected    the server sends us to where the key must not go, or in circles
  x Expired       a link to the storage is not valid any more, or its file is gone: 403, 404 from there
  x Uncertain     a run was asked for and no answer came: it may or may not have started
"""

from tvtui.client.client import Answer, Client
from tvtui.client.errors import (
    Busy,
    ClientError,
    Conflict,
    Expired,
    Faulty,
    NotFound,
    Redirected,
    Refused,
    Uncertain,
    Unreachable,
    Unreadable,
)
from tvtui.client.reply import STRONG_ETAG
from tvtui.client.storage import Delivery, Storage

__all__ = [
    "STRONG_ETAG",
    "Answer",
    "Busy",
    "Client",
    "ClientError",
    "Conflict",
    "Delivery",
    "Expired",
    "Faulty",
    "NotFound",
    "Redirected",
    "Refused",
    "Storage",
    "Uncertain",
    "Unreachable",
    "Unreadable",
]
