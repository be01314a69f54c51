"""What a person types: labels, orgs, and how search compares."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cortex_desktop.domain.errors import DetailError, LabelError, OrgError
from cortex_desktop.domain.folding import fold, is_invisible, look, sort_key
from cortex_desktop.domain.model import Environment, Org
from cortex_desktop.domain.rules import clean_label, clean_notes, clean_org, clean_owner, same_name, same_place

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # man, woman, girl in one picture, held together by joiners
FLAG_OF_WALES = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
ORG = Org("0123abcd", "My organization", "my-org", Environment.DEVELOPMENT, "https://api.dev.medable.com")

# The same examples each time, and nothing written beside the code.
fast = settings(deadline=None, database=None, derandomize=True, max_examples=100)
typed = st.text(st.characters(codec=None), max_size=130) | st.text(
    st.sampled_from(" \t\n\r\0\x1b\x85\u00a0\u2028\u2029\u202e\u2066\u200b\u200d\ud800aé漢\u0301\u1100\u1161\u11a8"),
    max_size=130,
)


@pytest.mark.parametrize(
    "label",
    [
        "NewHealth App",
        "a",
        "x" * 120,
        "🩺",
        FAMILY,
        FLAG_OF_WALES,
        "❤\ufe0f",
        "تطبيق الصحة",
        "אפליקציה 7",
        "می\u200cخواهم",  # noqa: RUF001 (Persian needs the non-joiner)
        "a\u200fb",  # a right-to-left mark orders punctuation in Hebrew; it turns no text around
        "健康アプリ",
        "{label} %s <b>&amp;</b> \\n '\"`$(x)`",
    ],
)
def test_a_label_is_kept_as_typed(label: str) -> None:
    assert clean_label(label) == label


def test_a_label_is_trimmed() -> None:
    assert clean_label("  NewHealth App\n") == "NewHealth App"
    assert clean_label("\u3000\u00a0x\u2003") == "x"


def test_a_label_is_counted_after_trimming() -> None:
    assert clean_label(" " * 50 + "x" * 120 + "\t\n") == "x" * 120
    with pytest.raises(LabelError) as refusal:
        clean_label(" " + "x" * 121 + " ")
    assert str(refusal.value.title) == "This label is too long"
    assert "121" in str(refusal.value.message)


def test_a_label_is_composed_and_counted_so() -> None:
    assert clean_label("Cafe\u0301") == "Café"
    assert clean_label("e\u0301" * 120) == "é" * 120


BLANKS = ("\u3164", "\u115f\u1160", "\uffa0 \u3164", "\u2800", "\ufe0f", "\u034f", "\U000e0041\U000e007f", "\u180e")


@pytest.mark.parametrize(
    "label", ["", " ", "\t\n", "\u00a0\u2003\u3000", "\u200b", "\ufeff", "\u200d \u2060", "\u00ad", *BLANKS]
)
def test_a_label_that_shows_nothing_is_refused(label: str) -> None:
    with pytest.raises(LabelError) as refusal:
        clean_label(label)
    assert str(refusal.value.title) == "Enter a label"


@pytest.mark.parametrize(
    "inside",
    "\n\r\t\0\x07\x1b\x7f\x85\u2028\u2029\ud800\udfff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    ids=lambda char: f"U+{ord(char):04X}",
)
def test_a_label_with_a_control_character_is_refused(inside: str) -> None:
    with pytest.raises(LabelError) as refusal:
        clean_label(f"New{inside}Health")
    assert str(refusal.value.title) == "This label has invisible characters"
    told = f"{refusal.value.message} {refusal.value.advice} {refusal.value}"
    assert inside not in told


@fast
@given(typed)
def test_what_passes_is_clean_for_good(text: str) -> None:
    try:
        label = clean_label(text)
    except LabelError:
        return
    assert clean_label(label) == label
    assert 1 <= len(label) <= 120
    assert label == label.strip()
    assert unicodedata.is_normalized("NFC", label)
    assert not {unicodedata.category(char) for char in label} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(label) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    label.encode()


@fast
@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=60))
def test_letters_digits_and_signs_of_any_script_pass(text: str) -> None:
    assume(not all(map(is_invisible, text)))
    assert clean_label(f"  {text}  ") == unicodedata.normalize("NFC", text)


# Notes and owners


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        (" \n\u200b ", ""),
        ("  one\r\ntwo\rthree\n\tfour\n", "one\ntwo\nthree\n\tfour"),
        ("Cafe\u0301 🩺", "Café 🩺"),
        ("x" * 4000 + "\n", "x" * 4000),
    ],
)
def test_notes_are_trimmed_and_may_have_lines(typed: str, kept: str) -> None:
    assert clean_notes(typed) == kept
    assert clean_notes(kept) == kept


@pytest.mark.parametrize(
    ("notes", "title"),
    [
        ("x" * 4001, "These notes are too long"),
        ("a\0b", "These notes have invisible characters"),
        ("a\u202eb", "These notes have invisible characters"),
        ("a\u2028b", "These notes have invisible characters"),
    ],
)
def test_notes_against_the_rules_are_refused(notes: str, title: str) -> None:
    with pytest.raises(DetailError) as refusal:
        clean_notes(notes)
    assert str(refusal.value.title) == title


@pytest.mark.parametrize(("typed", "kept"), [("", ""), ("\u3000", ""), (" Ada Lovelace\n", "Ada Lovelace")])
def test_an_owner_is_trimmed_and_may_be_left_out(typed: str, kept: str) -> None:
    assert clean_owner(typed) == kept


@pytest.mark.parametrize(
    ("owner", "title"),
    [("x" * 121, "This owner is too long"), ("Ada\nBob", "This owner has invisible characters")],
)
def test_an_owner_against_the_rules_is_refused(owner: str, title: str) -> None:
    with pytest.raises(DetailError) as refusal:
        clean_owner(owner)
    assert str(refusal.value.title) == title


# Orgs


def test_an_org_is_trimmed() -> None:
    typed_org = replace(ORG, name=" My organization ", code=" my-org\n", endpoint=" https://api.dev.medable.com/ ")
    assert clean_org(typed_org) == ORG


@pytest.mark.parametrize("name", ["", " ", "x" * 121, "a\nb", "\u202eabc"])
def test_names_of_orgs_and_environments_are_labels(name: str) -> None:
    with pytest.raises(OrgError, match="This name cannot be used"):
        clean_org(replace(ORG, name=name))
    with pytest.raises(OrgError, match="This environment's name cannot be used"):
        clean_org(replace(ORG, environment=Environment.OWN, own_environment=name))


def test_an_own_environment_is_kept() -> None:
    org = clean_org(replace(ORG, environment=Environment.OWN, own_environment=" UAT ", like_production=True))
    assert (org.environment, org.own_environment, org.production) == (Environment.OWN, "UAT", True)
    assert not replace(org, like_production=False).production


def test_an_own_environment_called_like_one_of_the_four_is_that_one() -> None:
    org = clean_org(replace(ORG, environment=Environment.OWN, own_environment=" PRODUCTION", like_production=False))
    assert (org.environment, org.own_environment, org.production) == (Environment.PRODUCTION, "", True)


def test_only_production_and_what_is_like_it_is_production() -> None:
    typed_org = replace(ORG, own_environment="left over", like_production=True)
    kinds = [e for e in Environment if clean_org(replace(typed_org, environment=e)).production]
    assert kinds == [Environment.PRODUCTION, Environment.OWN]
    assert clean_org(typed_org) == ORG


def test_orgs_that_could_be_taken_for_another_are_found() -> None:
    production = replace(ORG, id="1", name="MY ORGANIZATION ", endpoint="https://api.medable.com")
    assert same_name(ORG, [ORG]) is None
    assert same_name(ORG, [replace(ORG, id="2", name="Other"), production]) == production
    assert same_place(ORG, [ORG, production]) is None, "the same code elsewhere is how environments are told apart"
    again = replace(ORG, id="3", code=" my-org", endpoint="https://API.dev.medable.com/")
    assert same_place(ORG, [ORG, production, again]) == again


@pytest.mark.parametrize(
    "twin",
    [
        "Patient\u200b Portal",
        "Patient\u00a0Portal",
        "patient  portal ",
        "\u0420atient Portal",  # a Cyrillic capital
        "Pati\u0435nt P\u03bfrtal",  # Cyrillic and Greek
        "Patient\u3164 Portal",
        "Pátient Portal",
    ],
)
def test_names_that_look_alike_are_alike(twin: str) -> None:
    other = replace(ORG, id="1", name=twin)
    assert same_name(replace(ORG, name="Patient Portal"), [other]) == other
    assert look(twin) == look("Patient Portal")
    assert all(fold(word) in fold(twin) for word in ("Patient", "Portal", "p\u0430tient")), "search finds it"


def test_names_that_look_different_are_different() -> None:
    assert len({look(name) for name in ("Patient Portal", "Patient Portal 2", "Вода", "Воды", "健康", "")}) == 6


def test_each_alphabet_is_sorted_by_its_own_letters() -> None:
    assert sorted(["Вода", "Азбука", "Ärzte", "Zoo", "Apps", "Борис"], key=sort_key) == [
        "Apps",
        "Ärzte",
        "Zoo",
        "Азбука",
        "Борис",
        "Вода",
    ]


@pytest.mark.parametrize("code", ["a", "NewHealthCo", "new.health_co-7", "0", "x" * 100])
def test_a_code_that_is_a_path_segment_passes(code: str) -> None:
    assert clean_org(replace(ORG, code=code)).code == code


@pytest.mark.parametrize(
    "code", ["", " ", "a b", "a/b", "..", "-x", ".x", "a?b", "a#b", "a%2f", "é", "x" * 101, "a\nb"]
)
def test_a_code_that_would_change_the_address_is_refused(code: str) -> None:
    with pytest.raises(OrgError, match="This code cannot be used"):
        clean_org(replace(ORG, code=code))


@pytest.mark.parametrize("endpoint", ["https://api.medable.com", "https://localhost:8443", "https://a.b/c/d~1"])
def test_an_https_address_passes(endpoint: str) -> None:
    assert clean_org(replace(ORG, endpoint=endpoint)).endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "api.medable.com",
        "http://api.medable.com",  # a key would travel in the clear
        "HTTP://api.medable.com",
        "https://",
        "https://user:word@api.medable.com",  # the key would go to whoever is behind the @
        "https://api.medable.com@evil.example",
        "https://api.medable.com/?a=b",
        "https://api.medable.com/#a",
        "https://api.medable.com/a b",
        "https://api.medable.com/$(id)",
        "https://api.medable.com:port",
        "https://api.medable.com\nhttps://evil.example",
        "file:///etc/passwd",
    ],
)
def test_an_endpoint_that_is_not_plain_https_is_refused(endpoint: str) -> None:
    with pytest.raises(OrgError, match="This endpoint cannot be used"):
        clean_org(replace(ORG, endpoint=endpoint))


# Search


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("NewHealth App", "newhealth app"),
        ("Ärzte", "arzte"),
        ("A\u0308rzte", "arzte"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Ｆｕｌｌ　Ｗｉｄｔｈ", "full width"),  # noqa: RUF001
        ("\U0001d407ealth ᴬ", "health a"),  # a mathematical H, a raised A
        ("İstanbul", "istanbul"),
        ("ﬁn", "fin"),
        ("Ελλάς", "ελλασ"),
        ("مُحَمَّد", "محمد"),
        ("", ""),
        ("🩺", "🩺"),
        ("Patient\u200b Portal", "patient portal"),
        ("Pat\u00adient\u2060 Por\u3164tal", "patient portal"),
        ("Patient\u00a0Portal", "patient portal"),
        ("Patient\u2800Portal", "patient portal"),
        ("\u2764\ufe0f", "\u2764"),
    ],
)
def test_search_ignores_case_accents_and_width(text: str, folded: str) -> None:
    assert sort_key(text) == folded
    assert fold(text) == fold(folded)


@fast
@given(st.text())
def test_search_finds_a_text_by_itself_however_it_is_written(text: str) -> None:
    for other in (unicodedata.normalize(form, text) for form in ("NFC", "NFD")):
        assert fold(other) == fold(text)


@fast
@given(st.text(st.characters(codec="ascii")))
def test_the_short_way_for_ascii_gives_what_the_long_one_does(text: str) -> None:
    assert fold(text) == fold(text + "é").removesuffix("e")
