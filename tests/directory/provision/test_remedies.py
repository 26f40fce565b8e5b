"""What is said about each kind of mistake, and on which line. No database is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipper.directory.provision import ProvisioningError
from hipper.directory.provision.applying import judge
from hipper.directory.provision.reading import read_document
from tests.directory.provision.bakery import file_with, line_of

ANNA = 'display_name = "Anna de Vries"'
BROKEN = [
    # (replace, by, the line that holds, what is said)
    (
        'extension = "201"',
        'extention = "201"',
        "extention",
        'unknown key "extention"; did you mean "extension"?',
    ),
    ('kind = "enterprise"', 'kind = "enterprize"', "enterprize", 'did you mean "enterprise"?'),
    ("[[group]]", "[[groep]]", "[[groep]]", 'unknown key "groep"; did you mean "group"?'),
    ('label = "Desk"', 'lable = "Desk"', "lable", 'desk_phone: unknown key "lable"; did you mean "label"?'),
    (ANNA, 'shoe_size = "38"', "shoe_size", 'unknown key "shoe_size"; known are user, display_name'),
    (
        f'[[subscriber]]\nuser = "anna"\n{ANNA}',
        '[[subscriber]] # x\nuser = "anna"',
        "# x",
        '"display_name" is missing',
    ),
    ('extension = "201"', "extension = 201", "extension = 201", 'must be text in quotes, such as "201"'),
    (
        'extension = "201"',
        'extension = "112"',
        '"112"',
        'extension "112" is an emergency number; choose 2 to 6',
    ),
    ('extension = "201"', 'extension = "113"', '"113"', 'extension "113" is a helpline'),
    ('extension = "201"', 'extension = "1233"', '"1233"', "is the number of voicemail"),
    ('extension = "201"', 'extension = "2"', '"2"', "has 1 digits; extensions have 2 to 6"),
    ('extension = "201"', 'extension = "020"', '"020"', "begins with 0"),
    (
        'extension = "202"',
        'extension = "201" # twice',
        "twice",
        "bram@bakery.example: extension 201 is already that of anna@bakery.example; choose another",
    ),
    ("020 123 4501", "020 123", '"020 123"', 'is not a telephone number; write it like "+31 20 123 4567"'),
    ("06 1234 5601", "nul zes", "nul zes", 'is not a telephone number; write it like "+31 6 12345678"'),
    ("06 1234 5601", "020 123 4588", "4588", 'mobile "020 123 4588" is not a mobile number'),
    ("020 123 4501", "06 1234 5688", "5688", 'fixed "06 1234 5688" is not a fixed number'),
    ("020 123 4501", "+31112", "+31112", "is not a telephone number"),
    ("020 123 4502", "+31201234501", "+31201234501", "fixed number +31201234501 is already that of anna"),
    ("020 123 4577", "020 123 4502", "alternates", "alternates number +31201234502 is already that of bram"),
    ("020 123 4500", "hello", '"hello"', 'main_number "hello" is not a telephone number'),
    (
        'identity = "fixed"',
        'identity = "alternate"',
        'identity = "alternate"',
        'identity is "alternate", but there are no alternates; choose "mobile" or "fixed"',
    ),
    (
        'fixed = "020 123 4501"\n',
        "",
        'identity = "fixed"',
        'identity is "fixed", but there is no fixed number; choose "mobile"',
    ),
    (
        "no_answer_s = 25",
        'identity = "alternate"\nidentity_alternate = "020 123 4501"',
        'identity = "alternate"',
        "identity_alternate must be one of the user's own alternates",
    ),
    (
        'identity = "fixed"',
        'identity = "fixed"\nidentity_alternate = "020 123 4577"',
        "identity_alternate",
        'identity_alternate goes with identity = "alternate"',
    ),
    ('identity = "fixed"', 'identity = "fix"', '"fix"', 'did you mean "fixed"?'),
    ("no_answer_s = 25", "no_answer_s = 900", "900", "no_answer_s must be a number of seconds from 5 to 180"),
    ("no_answer_s = 25", "no_answer_s = true", "no_answer_s", "must be a number of seconds"),
    ("no_answer_s = 25", 'withhold = "yes"', "withhold", "withhold must be true or false, without quotes"),
    ("no_answer_s = 25", 'language = "fr"', "language", 'language must be "nl" or "en"'),
    ("no_answer_s = 25", 'group = "mill"', '"mill"', 'there is no group "mill"; groups are shop'),
    ("no_answer_s = 25", 'mobile_phone = "yes"', "mobile_phone", "mobile_phone must be a table"),
    ("no_answer_s = 25", 'fixed_subscription = "a b"', "fixed_subscription", "visible ASCII characters"),
    (
        '[[subscriber.desk_phone]]\naor_user = "bram-desk"',
        "desk_phone = 3",
        "desk_phone = 3",
        "must be a list of tables",
    ),
    (
        'user = "bram"',
        'user = "bram@butcher.example"',
        "butcher",
        'domain "butcher.example" is not the tenant',
    ),
    ('user = "bram"', 'user = "anna" # again', "again", "subscriber anna@bakery.example is there twice"),
    ('user = "bram"', 'user = "Bram J."', "Bram J.", 'must be a user name such as "anna"'),
    (
        '"bram-desk"',
        '"anna-desk" # taken',
        "taken",
        "desk phone anna-desk@bakery.example is already that of anna",
    ),
    ('"bram-desk"', '"bram desk"', "bram desk", 'aor_user must be letters, digits, ".", "_" or "-"'),
    ("flour-and-water", "flour", '"flour"', "password must be 8 to 128 ASCII characters"),
    ('area_code = "20"', 'area_code = "020"', '"020"', 'must be digits without the leading 0, such as "20"'),
    ('area_code = "20"', 'country = "XX"', '"XX"', 'there is no country "XX"; write "NL"'),
    ('area_code = "20"', '[[group]]\nname = "shop" # two', "# two", '"shop" is there twice'),
    ('["bakery.example"]', '["Bakery"]', '"Bakery"', "domains must be a lower-case domain name"),
    ('["bakery.example"]', "[]", "domains = []", "domains must name at least one domain"),
    (
        'name = "bakery"',
        'name = "The Bakery!"',
        "The Bakery!",
        'name must be lower-case letters, digits and "-"',
    ),
    (ANNA, 'display_name = "Anna\\r\\nX-Evil: 1"', "X-Evil", "must be 1 to 120 printable characters"),
    (
        'mobile_network = "mvno"\n',
        "",
        'mobile = "06 1234 5601"',
        "no network for the mobile; add mobile_network",
    ),
    ('kind = "enterprise"', "kind = ", "kind = ", "this is not TOML: Invalid value"),
]


def judged(path: Path) -> None:
    wanted = read_document(path.read_text(), str(path))
    judge(wanted, None, prune=False)
    wanted.problems.raise_if_any()


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case[1][:40] or case[0][:40])
def test_line_and_remedy(tmp_path: Path, case: tuple[str, str, str, str]) -> None:
    before, after, place, said = case
    path = file_with(tmp_path, (before, after))
    with pytest.raises(ProvisioningError) as raised:
        judged(path)
    told = [problem.text for problem in raised.value.problems if problem.line == line_of(path, place)]
    assert any(said in text for text in told), raised.value.problems


def test_whole_file_has_no_problem(tmp_path: Path) -> None:
    judged(file_with(tmp_path))
