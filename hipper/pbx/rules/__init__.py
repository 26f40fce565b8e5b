"""The rules that decide, by machine name: every plan, target and skipped device names one of them.

The name stands in the call record and in ``explain``; the sentence is what a user or operator reads.
Sentences never hold a number, so that a masked record stays masked (call-flows §7). Names are stable: old
records keep theirs. One file per area; all names are importable from here.
"""

from __future__ import annotations

from hipper.pbx.rules.base import Rule
from hipper.pbx.rules.called import *  # noqa: F403
from hipper.pbx.rules.called import CALLED_RULES
from hipper.pbx.rules.calling import *  # noqa: F403
from hipper.pbx.rules.calling import CALLING_RULES
from hipper.pbx.rules.colleagues import *  # noqa: F403
from hipper.pbx.rules.colleagues import COLLEAGUE_RULES
from hipper.pbx.rules.features import *  # noqa: F403
from hipper.pbx.rules.features import FEATURE_RULES
from hipper.pbx.rules.origination import *  # noqa: F403
from hipper.pbx.rules.origination import ORIGINATION_RULES
from hipper.pbx.rules.packs import *  # noqa: F403
from hipper.pbx.rules.packs import PACK_RULES
from hipper.pbx.rules.reaching import *  # noqa: F403
from hipper.pbx.rules.reaching import REACHING_RULES
from hipper.pbx.rules.termination import *  # noqa: F403
from hipper.pbx.rules.termination import TERMINATION_RULES

RULES: dict[str, Rule] = (
    ORIGINATION_RULES
    | CALLING_RULES
    | FEATURE_RULES
    | COLLEAGUE_RULES
    | PACK_RULES
    | TERMINATION_RULES
    | CALLED_RULES
    | REACHING_RULES
)


def sentence(rule: str, language: str = "nl") -> str:
    """The sentence of a rule, English unless ``language`` is ``nl``. Raises KeyError for a name
    that is not listed."""
    entry = RULES[rule]
    return entry.nl if language == "nl" else entry.en
