"""On which line a key stands."""

from __future__ import annotations

import pytest

from hipper.directory.provision.lines import LineIndex, Path

TEXT = '''\
# comment = "not a key"
title = "x"
[tenant] # with a comment
name = "a"
list = [
  "one",   # [not.a.header]
  "two = three",
]
long = """
[[subscriber]]
user = "not here"
"""

[[subscriber]]
"user" = "first"
owner.name = "dotted"
phone = { aor_user = "inline" }

  [[subscriber.desk_phone]]
  aor_user = "a"
[[subscriber.desk_phone]]
aor_user = "b"
[subscriber.mobile_phone]
network = "m"

[[subscriber]]
user = "second"
[[subscriber.desk_phone]]
aor_user = "c"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("title",), 2),
        (("tenant",), 3),
        (("tenant", "name"), 4),
        (("tenant", "list"), 5),
        (("tenant", "list", 1), 5),
        (("tenant", "long"), 9),
        (("tenant", "absent"), 3),
        (("subscriber", 0), 14),
        (("subscriber", 0, "user"), 15),
        (("subscriber", 0, "owner", "name"), 16),
        (("subscriber", 0, "phone", "aor_user"), 17),
        (("subscriber", 0, "desk_phone", 0, "aor_user"), 20),
        (("subscriber", 0, "desk_phone", 1), 21),
        (("subscriber", 0, "desk_phone", 1, "aor_user"), 22),
        (("subscriber", 0, "mobile_phone", "network"), 24),
        (("subscriber", 1), 26),
        (("subscriber", 1, "user"), 27),
        (("subscriber", 1, "desk_phone", 0, "aor_user"), 29),
        (("nowhere", 7, "at all"), 1),
    ],
)
def test_line(path: Path, line: int) -> None:
    assert LineIndex(TEXT).at(path) == line
