"""Files of contacts as telephones, mail programs and people write them."""

from __future__ import annotations

from app.domain.contacts.reading import ReadContact, Unreadable, read_table, read_vcards
from app.domain.contacts.schemas import MOST_NUMBERS, ImportWanted
from app.domain.contacts.services import _read
from app.domain.contacts.writing import vcards
from hipper.directory.contacts import Contact, ContactFields, ContactNumber
from hipper.directory.people import Numbering
from hipper.pbx.model import CallerList

DUTCH = Numbering("NL", "20")
VERSION_4 = """BEGIN:VCARD
VERSION:4.0
FN:Piet de Bäcker
N:de Bäcker;Piet;;;
ORG:Meel B.V.;Verkoop
TEL;VALUE=uri;TYPE="voice,home";PREF=1:tel:+31-30-123-4567
item1.TEL;TYPE=cell:06 1234 5678
EMAIL;TYPE=work:piet@meel.example
NOTE:Belt\\, altijd\\nna zessen
CATEGORIES:Private,Family
END:VCARD
"""
VERSION_3 = """BEGIN:VCARD
VERSION:3.0
N:Jansen;Jan
FN:Jan Ja
 nsen
TEL;TYPE=CELL,VOICE;TYPE=pref:0612345679
PHOTO;ENCODING=b;TYPE=JPEG:AAAA
END:VCARD
"""
VERSION_2 = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J M=C3=BCller
TEL;WORK;VOICE:0301234567
END:VCARD
"""


def test_every_version_of_a_card_is_read() -> None:
    four, three, two = read_vcards("\ufeff" + VERSION_4 + VERSION_3 + "\n" + VERSION_2)
    assert isinstance(four, ReadContact)
    assert (four.name, four.company, four.line) == ("Piet de Bäcker", "Meel B.V. Verkoop", 1)
    assert [tuple(one) for one in four.numbers] == [("+31-30-123-4567", "home"), ("06 1234 5678", "mobile")]
    assert (four.emails, four.note) == (["piet@meel.example"], "Belt, altijd\nna zessen")
    assert four.which is CallerList.PRIVATE
    assert isinstance(three, ReadContact)
    assert (three.name, three.numbers[0].label, three.which) == ("Jan Jansen", "mobile", None)
    assert isinstance(two, ReadContact)
    assert (two.name, two.numbers[0]) == ("J Müller", ("0301234567", "work"))


def test_card_that_cannot_be_read_costs_the_others_nothing() -> None:
    broken = "BEGIN:VCARD\nVERSION:3.0\nFN:Stuk\nhallo\nEND:VCARD\n"
    open_ended = "BEGIN:VCARD\nVERSION:3.0\nFN:Open\n"
    nameless = "BEGIN:VCARD\nVERSION:3.0\nNOTE:niemand\nEND:VCARD\n"
    found = list(read_vcards(broken + nameless + open_ended + VERSION_3 + "BEGIN:VCARD\nFN:x"))
    assert [(one.line, isinstance(one, Unreadable)) for one in found] == [
        (4, True), (6, True), (10, True), (13, False), (21, True),
    ]  # fmt: skip


def test_what_is_no_file_of_cards_is_said_once() -> None:
    assert [one.line for one in read_vcards("naam;nummer\nJan;06\nPiet;06\n")] == [1]
    assert [one.line for one in read_table("een,twee\n1,2\n")] == [1]
    assert list(read_vcards("\n\n")) == []


def test_tables_of_google_outlook_and_people_are_read() -> None:
    google = (
        "Name,Given Name,Phone 1 - Type,Phone 1 - Value,E-mail 1 - Value,Group Membership\n"
        "Jan Jansen,Jan,Mobile,0612345678 ::: 0301234567,jan@x.example,* myContacts ::: Private\n"
    )
    outlook = "First Name,Last Name,Company,Business Phone,Mobile Phone\nPiet,Bakker,Meel,0301234567,\n"
    people = (
        "Voornaam;Tussenvoegsel;Achternaam;Mobiel;Notitie;Lijst\n"
        'Eva;de;Vries;06-12345678;"a\nb";zakelijk\n;;;06;;\n'
    )
    (jan,) = read_table(google)
    assert isinstance(jan, ReadContact)
    assert (jan.name, jan.which, jan.emails) == ("Jan Jansen", CallerList.PRIVATE, ["jan@x.example"])
    assert [one.text for one in jan.numbers] == ["0612345678", "0301234567"]
    (piet,) = read_table(outlook)
    assert isinstance(piet, ReadContact)
    assert (piet.name, piet.company, piet.numbers) == ("Piet Bakker", "Meel", [("0301234567", "work")])
    eva, nobody = read_table(people)
    assert isinstance(eva, ReadContact)
    assert (eva.name, eva.which, eva.numbers[0].label) == ("Eva de Vries", CallerList.BUSINESS, "mobile")
    assert (nobody.line, isinstance(nobody, Unreadable)) == (4, True)


def test_numbers_are_normalised_and_what_is_none_is_reported_with_its_line() -> None:
    text = "naam,telefoon,mobiel,e-mail\nJan,123 4567,06 1234 5678,jan\nPiet,201,abc,piet@x.example\n"
    lines, fields, faults = _read(ImportWanted(format="csv", text=text), DUTCH)
    assert (lines, [one.name for one in fields]) == ([2, 3], ["Jan", "Piet"])
    assert [one.e164 for one in fields[0].numbers] == ["+31201234567", "+31612345678"]
    assert fields[1].numbers == (ContactNumber(digits="201"),)
    assert [(line, fault[0]) for line, fault in faults] == [
        (2, "this is no e-mail address"),
        (3, "this is no telephone number"),
    ]


def test_more_numbers_than_a_contact_has_are_left_out_and_reported() -> None:
    lines = "".join(f"TEL:03012345{n:02}\n" for n in range(MOST_NUMBERS + 5))
    card = f"BEGIN:VCARD\nVERSION:3.0\nFN:Jan\n{lines}END:VCARD\n"
    _, (fields,), faults = _read(ImportWanted(format="vcard", text=card), DUTCH)
    assert len(fields.numbers) == MOST_NUMBERS
    assert len(faults) == 1


def test_what_is_written_is_read_back_the_same() -> None:
    fields = ContactFields(
        list=CallerList.PRIVATE,
        name="Eva, de; Vries",
        company="Meel & Zn.",
        numbers=(ContactNumber(e164="+31612345678", label="mobile"), ContactNumber(digits="201")),
        emails=("eva@x.example",),
        note="twee\nregels",
        favourite=True,
    )
    text = vcards([Contact("c_1", fields, 1, "eva")])
    assert "VERSION:3.0" in text
    _, (read,), faults = _read(ImportWanted(format="vcard", text=text), DUTCH)
    assert read == fields
    assert faults == []


def test_long_lines_of_cards_are_folded_between_characters() -> None:
    """RFC 2425 §5.8.1: 75 bytes at most; what is folded reads as it was."""
    fields = ContactFields(
        list=CallerList.BUSINESS,
        name="Café; ’t Hoekje, boven \\ onder",
        note="é€😀," * 60 + "\r\nregel",
        company="M" * 71,
    )
    text = vcards([Contact("c_1", fields, 1, "")])
    assert text.endswith("\r\n")
    lines = text.encode().split(b"\r\n")[:-1]
    assert max(len(line) for line in lines) == 75
    assert [line.decode() for line in lines if line.startswith(b"ORG")] == ["ORG:" + "M" * 71]
    _, (read,), faults = _read(ImportWanted(format="vcard", text=text), DUTCH)
    assert (read.name, read.company, faults) == (fields.name, fields.company, [])
    assert read.note == fields.note.replace("\r\n", "\n")


def test_card_that_would_be_copied_for_each_of_its_lines_is_refused() -> None:
    """The parser copies a quoted-printable line anew for each line that continues it."""
    long = "BEGIN:VCARD\nFN:x\nNOTE;ENCODING=QUOTED-PRINTABLE:" + "=\n" * 4000 + "\nEND:VCARD\n"
    refused, read = read_vcards(long + "BEGIN:VCARD\nFN:Jan\nEND:VCARD\n")
    assert refused == Unreadable(1, ("the card is too long", "de kaart is te lang"))
    assert isinstance(read, ReadContact)
    photo = "BEGIN:VCARD\nVERSION:3.0\nFN:Jan\nPHOTO;ENCODING=b:\n" + " QUJD\n" * 5000 + "END:VCARD\n"
    assert [one.name for one in read_vcards(photo) if isinstance(one, ReadContact)] == ["Jan"]
