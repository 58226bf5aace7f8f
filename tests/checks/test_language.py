"""Whether a pair is in the language of its passage."""

from __future__ import annotations

import pytest

from qagen.checks import Case, examine, language
from tests.checks.test_packs import SENTENCES

ENGLISH = SENTENCES["en"] + " It closes again when the pressure has fallen. Test it once a year."
GERMAN = SENTENCES["de"] + " Es schließt wieder, wenn der Druck gefallen ist. Prüfen Sie es einmal im Jahr."


def is_other(question: str, answer: str, passage: str, spoken: str = "en") -> bool:
    return "LANG" in examine(Case(question, answer, passage=passage, language=spoken)).codes


def test_the_passage_decides_and_not_the_document() -> None:
    assert not is_other("Wann öffnet das Ventil?", SENTENCES["de"], GERMAN, spoken="en")
    assert is_other("When does the valve open?", SENTENCES["en"], GERMAN, spoken="en")


def test_one_part_in_another_language_is_enough() -> None:
    assert is_other("When does the valve open, and when does it close?", SENTENCES["de"], ENGLISH)
    assert is_other(SENTENCES["de"].replace(".", "?"), "At 12 bar, and it closes at 10.", ENGLISH)


def test_a_short_text_tells_no_language() -> None:
    assert not is_other("Wann?", "Sofort.", ENGLISH)
    assert not is_other("When does it open?", SENTENCES["en"], "12 bar")


def test_another_script_needs_few_letters() -> None:
    assert is_other("Когда открывается?", "При 12 бар, сразу.", ENGLISH)
    assert not is_other("Что?", "12 бар.", ENGLISH)


def test_japanese_is_kana_and_han_and_chinese_is_han_alone() -> None:
    japanese = "圧力が高くなるとすぐに弁が開きます。圧力が下がると弁は再び閉じます。年に一度点検してください。"
    assert not is_other("弁はいつ開きますか？", "圧力が高くなるとすぐに弁が開きます。", japanese, "ja")
    assert is_other("阀门什么时候打开?", "压力升高后阀门立即打开,压力下降后阀门重新关闭,每年检查一次。", japanese, "ja")


def test_code_and_addresses_have_no_language() -> None:
    answer = "`systemctl restart gannet.service --now` https://gannet.test/betrieb/handbuch/neustart?seite=12"
    assert not is_other("How is Gannet restarted?", answer, ENGLISH)


@pytest.mark.parametrize("spoken", ["de", "en"])
def test_a_passage_in_two_languages_may_be_asked_about_in_both(spoken: str) -> None:
    assert not is_other("When does it open?", SENTENCES["en"], f"{ENGLISH} {GERMAN}", spoken)
    assert not is_other("Wann öffnet es?", SENTENCES["de"], f"{ENGLISH} {GERMAN}", spoken)


def test_without_its_model_the_rule_is_skipped_and_the_others_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_model", lambda: OSError(28, "No space left on device"))
    language._rank.cache_clear()
    case = Case(
        "When does the valve open?", SENTENCES["de"] + " Laut Text.", passage=ENGLISH, language="en", matches=()
    )
    found = examine(case)
    assert "No space left" in found.skipped["LANG"]
    assert "EV_MISSING" in found.codes


def test_a_pair_in_a_language_with_a_pack_needs_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_model() -> None:
        raise AssertionError("the model was asked for")

    monkeypatch.setattr(language, "_model", no_model)
    for spoken, sentence in SENTENCES.items():
        assert not is_other(sentence.replace(".", "?"), sentence, f"{sentence} {sentence}", spoken)
