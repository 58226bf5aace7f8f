"""HTML: what a reader of the page sees comes back, and no page takes long."""

from __future__ import annotations

import contextlib
import html as html_module
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.documents import html
from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from tests.documents import text_writers, writers
from tests.documents.text_writers import assert_sound, blocks

SECONDS = 20
"""What a quadratic reader would exceed by hours."""


def read(page: str | bytes) -> Document:
    document = html.read(page.encode() if isinstance(page, str) else page, Reading())
    assert_sound(document)
    return document


def text_of(page: str) -> str:
    return read(page).text.rstrip("\n")


def headings(page: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.text) for heading in read(page).headings]


def test_every_sentence_comes_back_in_its_section() -> None:
    document = read(text_writers.html(writers.UNICODE))

    text_writers.assert_comes_back(document, writers.UNICODE)
    assert document.title == writers.TITLE
    assert document.language == "en"
    assert document.markup == "html"
    assert document.notes == ()
    assert "Home" not in document.text


# Words


def test_emphasis_leaves_no_marks_and_glues_nothing() -> None:
    assert text_of("<p>a <b>bold</b><i>ness</i>, <em>then</em> <u>this</u></p>") == "a boldness, then this"


def test_entities_are_resolved_once() -> None:
    assert (
        text_of("<p>&lt;b&gt; &amp;lt; &eacute; &#233; &#x1F642; &nosuch; AT&T</p>") == "<b> &lt; é é 🙂 &nosuch; AT&T"
    )


def test_a_number_of_thousands_of_digits_is_no_character() -> None:
    assert text_of(f"<p>a &#{'9' * 5000}; &#x{'f' * 5000}; &#55357; b</p>") == "a \ufffd \ufffd \ufffd b"


def test_invisible_characters_are_removed_and_hard_spaces_are_spaces() -> None:
    assert text_of("<p>co&shy;op\u200b\ufeff 5&nbsp;&nbsp;kg 👩‍🔧</p>") == "coop 5 kg 👩‍🔧"


def test_line_ends_of_the_source_are_spaces_and_those_of_the_page_stay() -> None:
    assert text_of("<p>one\n two<br>three <br/> four</p>") == "one two\nthree\nfour"


def test_two_breaks_part_paragraphs() -> None:
    assert text_of("one<br><br><br>two") == "one\n\ntwo"


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        ("a<sup>2</sup>", "a²"),
        ("10<sup>-3</sup> m, 10<sup>−6</sup> m", "10⁻³ m, 10⁻⁶ m"),
        ("x<sup>n+1</sup>, x<sup>(n)</sup>, z<sup>i</sup>", "xⁿ⁺¹, x⁽ⁿ⁾, zⁱ"),
        ("e<sup>x</sup>, e<sup>-k</sup>, x<sup>a+b</sup>, x<sup>n + k</sup>", "e^x, e^-k, x^(a+b), x^(n + k)"),
        ("e<sup>x<sup>2</sup></sup>, 2<sup>3<sup>4</sup></sup>", "e^(x²), 2^(3⁴)"),
        ("Ca<sup>2+</sup>, <sup>14</sup>C", "Ca²⁺, ¹⁴C"),
        ("1<sup>st</sup>", "1st"),
        ("le XIX<sup>e</sup> siècle", "le XIXe siècle"),
        ("Na<sup>+</sup> 20<sup>°</sup> Acme<sup>®</sup>", "Na⁺ 20° Acme®"),
        ("the end.<sup>3</sup>", "the end.[3]"),
        ('a word<sup><a href="#n1">1</a></sup>', "a word[1]"),
        ('a word<a epub:type="noteref" href="#n1"><sup>1</sup></a>', "a word[1]"),
        ('a word<sup><a href="#n1">[1]</a></sup>', "a word[1]"),
        ("<sup>1</sup> See below <sup>x</sup>", "¹ See below x"),
        ("H<sub>2</sub>O, CO<sub>2</sub>", "H2O, CO2"),
        ("x<sub>i</sub>, V<sub>max</sub>, 101<sub>2</sub>", "x_i, V_max, 101_2"),
        ("x<sub>i+1</sub>", "x_(i+1)"),
        ("run <code>make  all</code> now", "run `make all` now"),
        ("he said <q>yes</q>", "he said “yes”"),
        ("<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>", "漢字(かんじ)"),
        ("old <del>wrong</del> <ins>right</ins>", "old right"),
        ('see <a href="http://x/?a=1">the page</a>', "see the page"),
    ],
)
def test_what_stands_in_a_line_is_readable(inner: str, shown: str) -> None:
    assert text_of(f"<p>{inner}</p>") == shown


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ('<math alttext="{\\displaystyle E=mc^{2}}"><mi>E</mi></math>', "E=mc^{2}"),
        (
            "<math><semantics><mi>x</mi><annotation encoding='application/x-tex'>x_1</annotation></semantics></math>",
            "x_1",
        ),
        ("<math><msup><mi>x</mi><mn>2</mn></msup><mo>=</mo><mn>4</mn></math>", "x^2 = 4"),
        (
            "<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><msqrt><mi>c</mi></msqrt></mfrac></math>",
            "(a + b)/(√c)",
        ),
        ("<m:math><m:msubsup><m:mi>x</m:mi><m:mi>i</m:mi><m:mn>2</m:mn></m:msubsup></m:math>", "x_i^2"),
    ],
)
def test_formulas_are_read_in_a_line(formula: str, shown: str) -> None:
    assert text_of(f"<p>so {formula} holds</p>") == f"so {shown} holds"


def test_pictures_give_the_words_that_stand_for_them() -> None:
    page = '<p>a <img alt="A  pump" src="data:x"> b <img alt=""> <img src="x.png"> <img alt="logo.png"></p>'

    assert text_of(page) == "a [image: A pump] b"


# Parts


def test_headings_have_their_levels_and_lose_the_links_to_themselves() -> None:
    page = '<h1>The <em>pump</em> <a class="headerlink" href="#p">¶</a></h1><p>a</p><h3>Use of <code>x</code></h3>b'

    assert text_of(page) == "# The pump\n\na\n\n### Use of x\n\nb"
    assert headings(page) == [(1, "The pump"), (3, "Use of x")]


def test_paragraphs_and_bare_text_are_told_apart() -> None:
    assert text_of("one<div>two<p>three</div>four<section>five</section>") == "one\n\ntwo\n\nthree\n\nfour\n\nfive"


def test_lists_keep_their_depth_and_their_numbers() -> None:
    page = "<ul><li>one<ul><li>deep</ul><li><p>two</p><p>more</p></ul><ol start=3><li>c<li>d<li value=9>i</ol>"

    assert blocks(read(page)) == [("list", "- one\n  - deep\n- two more"), ("list", "3. c\n4. d\n9. i")]


def test_letters_of_a_list_stay() -> None:
    assert text_of("<ol type=a><li>x<li>y</ol>") == "a. x\nb. y"


def test_long_paragraphs_of_an_item_stand_for_themselves() -> None:
    long = "word " * 120

    assert text_of(f"<ul><li><p>first</p><p>{long}</p></ul>") == f"- first\n\n{long.strip()}"


def test_a_heading_in_an_item_is_a_heading() -> None:
    assert text_of("<ul><li><h2>Card</h2><p>Text</p></ul>") == "## Card\n\nText"


def test_code_in_an_item_keeps_its_place() -> None:
    assert text_of("<ol><li>Run<pre>make</pre>then<li>look</ol>") == "1. Run\n\n```\nmake\n```\n\nthen\n\n2. look"


def test_definitions_stand_behind_their_terms() -> None:
    page = "<dl><dt>Gate<dt>Valve:<dd>Opens <b>things</b>.<dd>Closes.<dt>What?<dd>This.<dt>Alone</dl>"

    assert text_of(page) == "- Gate, Valve: Opens things.\n- Closes.\n- What? This.\n- Alone"


def test_quotations_are_marked() -> None:
    assert text_of("<blockquote><p>one<p>two</blockquote>three") == "> one\n>\n> two\n\nthree"


def test_code_keeps_its_white_space() -> None:
    page = "<pre>\n<span>def</span> f(x):\n    return <b>x</b> &lt; 2\n\n\tend</pre>"

    assert blocks(read(page)) == [("code", "```\ndef f(x):\n    return x < 2\n\n\tend\n```")]


def test_lines_of_code_in_elements_of_their_own_stay_lines() -> None:
    assert text_of("<pre><div>one</div><div>two</div>three<br>four</pre>") == "```\none\ntwo\nthree\nfour\n```"


def test_figures_and_details_are_paragraphs() -> None:
    page = "<figure><img alt='A'><figcaption>Fig. 1</figcaption></figure><details><summary>More</summary>text</details>"

    assert text_of(page) == "[image: A]\n\nFig. 1\n\nMore\n\ntext"


# Tables


def test_a_table_is_a_block_with_its_caption_before_it() -> None:
    page = "<table><caption>Cap</caption><tr><th>A<th>B<tr><td>1|2<td>x<br>y</table>"

    assert text_of(page) == "Cap\n\n| A | B |\n| --- | --- |\n| 1\\|2 | x y |"
    assert [kind for kind, _ in blocks(read(page))] == ["table"]


def test_cells_over_columns_and_rows_are_filled() -> None:
    page = (
        "<table><tr><th>A<th>B<th>C<th>D"
        "<tr><td rowspan=2>down<td colspan=2>right<td rowspan=9>all"
        "<tr><td>b<td>c"
        "<tr><td>a</table>"
    )

    assert text_of(page).split("\n")[2:] == [
        "| down | right |  | all |",
        "| down | b | c | all |",
        "| a |  |  | all |",
    ]


def test_lists_and_tables_in_cells_become_one_line() -> None:
    page = "<table><tr><th>A<th>B<tr><td><ul><li>x<li>y</ul><td><table><tr><td>1<td>2<tr><td>3<td>4</table></table>"

    assert text_of(page).endswith("| x; y | 1, 2; 3, 4 |")


@pytest.mark.parametrize(
    "page",
    [
        "<table><tr><td><h2>Left</h2>text<td>right</table>",
        "<table role=presentation><tr><td><h2>Left</h2><tr><td>text<td>right</table>",
        "<table><tr><td><h2>Left</h2><tr><td>text<tr><td>right</table>",
    ],
)
def test_a_table_that_only_lays_out_the_page_becomes_its_parts(page: str) -> None:
    assert text_of(page) == "## Left\n\ntext\n\nright"


def test_a_wrong_end_inside_of_a_cell_does_not_end_the_table() -> None:
    assert (
        text_of("<div><table><tr><th>A<th>B<tr><td>1</div></p><td>2</table>") == "| A | B |\n| --- | --- |\n| 1 | 2 |"
    )


# What is left out


@pytest.mark.parametrize(
    "left_out",
    [
        "<script>if (a < b) document.write('<p>no</p>')</script>",
        "<style>no</style>",
        "<template><p>no</p></template>",
        "<noscript>no</noscript>",
        "<nav>no</nav>",
        "<div role='navigation'>no</div>",
        "<div hidden>no<div>no</div>no</div>",
        "<span aria-hidden='TRUE'>no<span>no</span>no</span>",
        "<div style='color: red; DISPLAY : none'>no</div>",
        "<form><input value=no><select><option>no</select><textarea>no</textarea><button>no</button></form>",
        "<svg><title>no</title><text>no</text></svg>",
        "<!-- no <p>no</p> --><!--> <![if no]><!doctype no><?no?>",
        "<iframe><p>no</p></iframe><object>no</object><video>no</video>",
        "<dialog>no</dialog>",
    ],
)
def test_what_readers_do_not_see_is_left_out(left_out: str) -> None:
    assert text_of(f"<p>one</p>{left_out}<p>two</p>") == "one\n\ntwo"


@pytest.mark.parametrize(
    "page",
    ["<html hidden><body style='display:none'><p>yes</p>", "<div hidden=until-found>yes</div>", "<dialog open>yes"],
)
def test_what_is_shown_later_stays(page: str) -> None:
    assert text_of(page) == "yes"


@pytest.mark.parametrize("tag", ["main", "article", "div role=main"])
def test_the_main_part_stands_for_the_page(tag: str) -> None:
    page = f"<header>site</header><p>before</p><{tag}><header>by Ada</header><p>the text</p></{tag.split()[0]}><p>after"

    assert text_of(page) == "by Ada\n\nthe text"


def test_a_small_main_part_does_not() -> None:
    page = f"<header>site</header><main>Menu</main><p>{'the text ' * 20}</p><footer>legal</footer>"

    assert text_of(page) == f"Menu\n\n{('the text ' * 20).strip()}"


def test_of_several_articles_all_stay_and_what_stands_around_them_goes() -> None:
    page = "<header>site</header><article><header>A</header>one</article><article>two</article><aside>ads</aside>"

    assert text_of(page) == "A\n\none\n\ntwo"


def test_without_a_main_part_headers_stay() -> None:
    assert text_of("<header><h1>Title</h1></header><p>text</p>") == "# Title\n\ntext"


def test_a_page_that_scripts_fill_is_refused() -> None:
    page = "<title>App</title><div id=root></div><noscript>Enable JavaScript</noscript><script>go()</script>"

    with pytest.raises(DataError, match=r"it holds no text \(a page that scripts fill"):
        read(page)


# Facts


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title> Pump &amp; <b>valve\n manual</title><h1>Other</h1>x", "Pump & <b>valve manual"),
        ('<meta property="og:title" content="Pump"><h1>Other</h1>x', "Pump"),
        ("<title></title><h1>Pump</h1>x", "Pump"),
        ("<svg><title>Logo</title></svg><title>Pump</title>x", "Pump"),
        ("<p>x", None),
    ],
)
def test_the_title_is_that_of_the_page(page: str, title: str | None) -> None:
    assert read(page).title == title


@pytest.mark.parametrize(
    ("tag", "language"),
    [("<html lang=de-AT>", "de"), ('<html xml:lang="FR">', "fr"), ("<html lang=''>", None), ("<html lang=mul>", None)],
)
def test_the_language_is_that_of_the_page(tag: str, language: str | None) -> None:
    assert read(f"{tag}<p>x").language == language


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ("<meta charset='windows-1251'>", "cp1251"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">', "shift_jis"),
        ("<meta charset=iso-8859-1>", "utf-8"),
        ("<meta charset=utf-16>", "utf-8"),
        ("<meta charset=iso-2022-jp>", "iso-2022-jp"),
        ('<?xml version="1.0" encoding="EUC-JP"?>', "euc-jp"),
        ("<meta charset=gb2312>", "gb18030"),
    ],
)
def test_the_encoding_is_found(head: str, encoding: str) -> None:
    words = "Привет" if encoding == "cp1251" else "日本語の文章"
    document = read(f"{head}<p>{words}</p>".encode(encoding))

    assert document.text == f"{words}\n"
    assert document.notes == ()


@pytest.mark.parametrize("name", ["rot13", "zip", "unicode_escape", "utf-7", "no-such", "cp99999"])
def test_an_encoding_that_pages_do_not_have_is_not_used(name: str) -> None:
    assert read(f"<meta charset={name}><p>“caf\\u00e9”".encode("cp1252")).text == "“caf\\u00e9”\n"


@pytest.mark.parametrize(
    "start", ['<?xml version="1.0"?><html>', '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">']
)
def test_elements_that_are_closed_in_xml_hold_nothing(start: str) -> None:
    page = f'{start}<head><title/><script src="x"/></head><body><p/><a id="x"/><p>one<![CDATA[ < two]]>'

    assert text_of(page) == "one < two"


def test_entities_of_a_document_type_are_not_expanded() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "boom"><!ENTITY b "&a;&a;&a;">]>'

    assert text_of(f"<?xml version='1.0'?>{bomb}<p>x &b;</p>") == "x &b;"


# Damage


@pytest.mark.parametrize("rest", ["<a href='x y z", "<!-- never closed", "</p", "<![CDATA["])
def test_a_page_that_is_cut_off_says_so(rest: str) -> None:
    document = read(f"<p>whole</p>{rest}")

    assert document.text == "whole\n"
    assert "its last" in document.notes[0]


def test_a_script_that_is_never_closed_takes_only_its_paragraph() -> None:
    assert text_of("<div><script>var x = 1</div><p>text</p>") == "text"


@pytest.mark.parametrize("data", [b"", b"<", b"\xff\xfe", b"\0\0", b"<p></p>", b"\x89PNG\r\n\x1a\n"])
def test_what_holds_no_page_is_refused_or_read_as_it_is(data: bytes) -> None:
    with contextlib.suppress(DataError):
        assert read(data).text.strip()


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "span hidden", "sup"])
def test_200_000_open_elements_are_read_in_linear_time(tag: str) -> None:
    start = time.process_time()
    document = read(f"<p>before</p>{f'<{tag}>' * (200_000 // len(tag.split('><')))}deep")

    assert document.text.startswith("before")
    assert ("deep" in document.text) == (tag != "span hidden")
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<a ",
        "<!--a>",
        "<a b='",
        '<a b=">" ',
        "</",
        "<!",
        "<![CDATA[",
        "<title>",
        "<script>",
        "<!doctype [>",
        "&#",
        "&",
    ],
)
def test_megabytes_of_nonsense_are_read_in_linear_time(unit: str) -> None:
    start = time.process_time()
    size = 5_000_000 if unit == "<" else 500_000
    document = read(f"hello {unit * (size // len(unit))}")

    assert document.text.startswith("hello")
    assert time.process_time() - start < SECONDS


def test_cells_that_claim_thousands_of_rows_do_not_blow_up_the_text() -> None:
    page = "<table><tr>" + "<td rowspan=65534 colspan=50>long text" * 50 + "<tr><td>x" * 50_000

    start = time.process_time()
    assert len(read(page).text) < 20 * len(page)
    assert time.process_time() - start < SECONDS


def test_rows_of_very_different_lengths_do_not_blow_up_the_text() -> None:
    page = "<table><tr>" + "<td>a" * 20_000 + "<tr><td>b" * 20_000

    document = read(page)
    assert len(document.text) < 10 * len(page)
    assert document.text.count("b") == 20_000


def test_flipped_bits_give_a_document_or_a_data_error() -> None:
    sound = text_writers.html(writers.UNICODE)
    for seed in range(100):
        chance = random.Random(seed)
        data = bytearray(sound)
        for _ in range(chance.choice([1, 3, 20])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(DataError):
            read(bytes(data))


TAGS = (
    "div p b sup sub code pre ul li dl dt dd table tr td th caption h1 h2 blockquote br img a span math mi main nav svg"
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(TAGS.split()).map(lambda name: f"<{name}>"),
            st.sampled_from(TAGS.split()).map(lambda name: f"</{name}>"),
            st.sampled_from([" ", "\n", "one", "<", "<td hidden>", "<td rowspan=3 colspan=2>", "<!--", "-->", "<p/>"]),
        ),
        max_size=60,
    )
)
def test_every_soup_of_tags_gives_a_document_or_a_data_error(pieces: list[str]) -> None:
    with contextlib.suppress(DataError):
        read("".join(pieces))


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Zs"])))
def test_every_word_survives(word: str) -> None:
    visible = word.replace("\u2028", "")
    if visible:
        assert text_of(f"<title>t</title><p>{html_module.escape(visible)}</p>") == visible


# What class, id and role say

STORY = "<h2>Valves</h2><p>" + "The valve opens at 12 bar. " * 20 + "</p>"
LINKS = "<ul><li><a href=a>Home</a></li><li><a href=b>Products</a></li></ul>"


@pytest.mark.parametrize("said", ['class="nav x"', "id=Navbar", "role=menu", 'class="sidebar"', 'class="breadcrumbs"'])
def test_menus_by_class_id_or_role_are_left_out_and_counted(said: str) -> None:
    document = html.read(f"<body><div {said}>{LINKS}</div>{STORY}</body>".encode(), Reading())

    assert "Products" not in document.text
    assert "The valve opens" in document.text
    assert document.notes == ("12 characters of menus, footers and cookie banners are left out",)


@pytest.mark.parametrize("said", ['id="cookie-banner"', 'class="footer"', "role=contentinfo"])
def test_footers_and_cookie_banners_are_left_out(said: str) -> None:
    page = f"<body>{STORY}<div {said}><p>We use cookies.</p><div><br>More.</div></div><p>The end.</p></body>"
    document = html.read(page.encode(), Reading())

    assert "cookies" not in document.text
    assert document.text.rstrip().endswith("The end.")


@pytest.mark.parametrize(
    "part",
    [
        '<div class="sidebar-layout navigation-guide">WORDS</div>',
        '<div class="sidebar"><p>WORDS</p><a href=a>Link</a></div>',
        '<div class="menu"><p>WORDS</p></div>',
        '<div class="sidebar"><article><a href=a>WORDS</a></article></div>',
        '<div class="footer"><h1>WORDS</h1></div>',
    ],
)
def test_content_in_what_is_called_like_a_menu_stays(part: str) -> None:
    document = html.read(f"<body>{STORY}{part.replace('WORDS', 'Soup of the day 4.50')}</body>".encode(), Reading())

    assert "Soup of the day" in document.text
    assert document.notes == ()


@pytest.mark.parametrize(
    "part",
    [
        '<div><hr class="footer"></div><div><p>WORDS</p></div><p>More.</p>',
        '<img class="menu" src="a.png"><p><a href=a>WORDS</a></p>',
        '<h2 id="footer">WORDS</h2>',
        '<section id="footer"><h3>Footer</h3><p>WORDS</p></section>',
        '<div class="section" id="footer"><h3>Footer</h3><p>WORDS</p></div>',
        '<dl><dt id="menu"><a href=a>WORDS</a></dt><dd>A list of dishes.</dd></dl>',
        '<p id="footer">WORDS</p>',
        '<table><tr><th>Dish</th><th>Price</th></tr><tr class="footer"><td>WORDS</td><td>9</td></tr></table>',
    ],
)
def test_marks_anchors_and_rows_of_tables_are_no_menus_and_no_footers(part: str) -> None:
    document = html.read(f"<body>{STORY}{part.replace('WORDS', 'Soup of the day 4.50')}</body>".encode(), Reading())

    assert "Soup of the day" in document.text
    assert document.notes == ()


def test_a_menu_in_a_cell_leaves_its_cell_so_that_the_others_stay_in_their_columns() -> None:
    table = (
        "<table><tr><th>Part</th><th>Do</th><th>Bar</th></tr>"
        '<tr><td>Pump</td><td class="menu"><a href=a>Edit</a></td><td>12</td></tr></table>'
    )
    document = html.read(f"<body>{STORY}{table}</body>".encode(), Reading())

    assert "| Pump |  | 12 |" in document.text
    assert "Edit" not in document.text


def test_a_page_that_would_lose_most_of_its_text_keeps_it() -> None:
    assert "Products" in html.read(f"<body><div class=nav>{LINKS}</div><p>Hi.</p></body>".encode(), Reading()).text
