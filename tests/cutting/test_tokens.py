"""Tokens: the estimate is near a real tokenizer's count, and the ruler keeps its promises on every text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.cutting.tokens import TokenRuler, count

COUNTED: dict[str, tuple[int, str]] = {
    "English": (
        110,
        "The lighthouse stood at the end of a narrow spit of land, and for almost a century "
        "someone had climbed its hundred and forty steps every evening to light the lamp. When the "
        "keepers left, the building was sold to a retired schoolteacher who had never lived near "
        "the sea. She painted the kitchen yellow, planted potatoes behind the oil store, and "
        "learned to tell from the colour of the water what the wind would do in the afternoon. "
        "People in the village thought that she would leave after the first winter, but she stayed "
        "for twenty-three years.",
    ),
    "German": (
        97,
        "Die Geschichte der Eisenbahn in Deutschland begann am 7. Dezember 1835, als zwischen "
        "Nürnberg und Fürth der erste Zug fuhr. Die Strecke war nur sechs Kilometer lang, doch die "
        "Begeisterung der Zuschauer war groß. Innerhalb weniger Jahrzehnte entstand ein Netz, das "
        "die Städte miteinander verband und das Leben der Menschen grundlegend veränderte. Waren, "
        "die früher wochenlang auf Pferdewagen unterwegs gewesen waren, erreichten ihr Ziel nun an "
        "einem einzigen Tag.",
    ),
    "French": (
        132,
        "Le marché du village se tient chaque samedi matin, depuis plus de deux siècles, sur la "
        "grande place devant l'église. Les maraîchers arrivent avant l'aube, déchargent leurs "
        "caisses de légumes et installent leurs tréteaux sous les platanes. Vers huit heures, les "
        "premiers clients apparaissent, un panier au bras, et l'on entend bientôt les "
        "conversations se mêler aux cris des vendeurs. On y trouve des fromages de chèvre, du miel "
        "de lavande, des olives, du pain cuit au feu de bois et, selon la saison, des champignons "
        "ramassés dans la forêt voisine.",
    ),
    "Spanish": (
        109,
        "El agua que bebemos en la ciudad recorre un camino más largo de lo que imaginamos. Nace "
        "en las montañas, donde la nieve se derrite lentamente durante la primavera, y baja por "
        "arroyos y ríos hasta llegar a los embalses. Allí permanece semanas o meses, mientras las "
        "partículas más pesadas se depositan en el fondo. Después pasa a la planta de tratamiento, "
        "donde se filtra, se desinfecta y se analiza antes de entrar en la red de tuberías que "
        "llega a cada casa.",
    ),
    "Russian": (
        120,
        "Озеро Байкал считается самым глубоким озером на планете: его глубина превышает тысячу "
        "шестьсот метров. Оно образовалось около двадцати пяти миллионов лет назад, и всё это "
        "время его берега медленно расходятся. Вода в озере настолько прозрачна, что в спокойную "
        "погоду можно разглядеть камни на глубине сорока метров. Учёные объясняют это тем, что "
        "крошечные рачки непрерывно пропускают воду через себя и очищают её от водорослей и "
        "бактерий.",
    ),
    "Arabic": (
        108,
        "تُعدّ القهوة من أكثر المشروبات انتشارًا في العالم العربي، ولها مكانة خاصة في حياة الناس "
        "اليومية. يُروى أن راعيًا في جبال اليمن لاحظ أن أغنامه تصبح أكثر نشاطًا بعد أن تأكل من "
        "ثمار شجرة معينة، فأخذ بعض الثمار إلى شيخ القرية الذي غلاها في الماء وشرب منها ليبقى "
        "مستيقظًا في الليل. ومن اليمن انتقلت القهوة إلى مكة والقاهرة ودمشق، ثم إلى إسطنبول وبقية "
        "أوروبا.",
    ),
    "Hebrew": (
        129,
        "הספרייה העירונית נוסדה לפני יותר משישים שנה, כאשר קבוצה של מורים החליטה לאסוף ספרים ישנים "
        "ולהשאיל אותם לתלמידים. בהתחלה היו בה רק שלוש מאות כרכים, שהונחו על מדפים פשוטים בקומת "
        "המרתף של בית הספר. עם השנים גדל האוסף, והעירייה בנתה עבורו בניין חדש עם אולם קריאה גדול, "
        "חדרי לימוד שקטים ופינה מיוחדת לילדים. היום יש בספרייה יותר ממאה אלף ספרים בעברית, בערבית, "
        "ברוסית ובאנגלית.",
    ),
    "Hindi": (
        125,
        "भारत के गाँवों में मानसून का इंतज़ार हर साल बड़ी उत्सुकता से किया जाता है। जून के महीने "
        "में जब पहली बूँदें धरती पर गिरती हैं, तो मिट्टी की सुगंध चारों ओर फैल जाती है और किसान "
        "अपने खेतों की ओर चल पड़ते हैं। धान की रोपाई के लिए खेत में पानी भरना ज़रूरी होता है, "
        "इसलिए बारिश में कुछ दिनों की देरी भी चिंता का कारण बन जाती है। पिछले कुछ वर्षों में मौसम "
        "का मिज़ाज बदल गया है और कभी बहुत अधिक तो कभी बहुत कम वर्षा होती है।",
    ),
    "Chinese": (
        111,
        "茶叶在中国已经有几千年的历史。相传神农氏在野外煮水时，几片树叶偶然飘进锅里，水变成了淡淡的黄色，喝起"
        "来清香甘甜，从此人们便开始饮茶。到了唐代，茶已经成为日常生活中不可缺少的饮料，陆羽写下了世界上第一部"
        "关于茶的专著，详细介绍了茶树的种植、采摘、制作和饮用方法。",
    ),
    "Japanese": (
        140,
        "日本の朝ごはんといえば、白いご飯と味噌汁、焼き魚を思い浮かべる人が多いだろう。しかし、最近ではパンと"
        "コーヒーで済ませる家庭も増えている。忙しい朝に魚を焼く時間がないというのが主な理由だが、若い世代では"
        "食の好みそのものが変わってきたという調査結果もある。それでも、旅館に泊まった翌朝に並ぶ和食の膳を見る"
        "と、どこか懐かしい気持ちになるという人は少なくない。",
    ),
    "Korean": (
        134,
        "한국의 김장은 겨울을 앞두고 온 가족이 모여 김치를 담그는 오랜 풍습이다. 예전에는 겨울 "
        "동안 신선한 채소를 구하기 어려웠기 때문에, 늦가을이 되면 집집마다 수십 포기의 배추를 "
        "소금에 절이고 양념을 버무렸다. 이웃끼리 서로 도우며 일을 나누었고, 일이 끝나면 갓 "
        "담근 김치와 삶은 돼지고기를 함께 먹으며 하루의 피로를 풀었다. 이러한 나눔의 문화는 "
        "국제기구에서도 그 가치를 인정받았다.",
    ),
    "Thai": (
        135,
        "ตลาดน้ำเป็นสถานที่ที่แสดงให้เห็นวิถีชีวิตดั้งเดิมของคนไทยในภาคกลาง "
        "ในอดีตบ้านเรือนส่วนใหญ่ตั้งอยู่ริมแม่น้ำและลำคลอง "
        "ผู้คนจึงใช้เรือเป็นพาหนะหลักในการเดินทางและค้าขาย "
        "ชาวสวนจะพายเรือบรรทุกผักและผลไม้มาขายตั้งแต่เช้ามืด ส่วนแม่ค้าอาหารก็ตั้งเตาเล็ก ๆ "
        "ไว้ในเรือและทำก๋วยเตี๋ยวร้อน ๆ ขายให้กับลูกค้าที่นั่งรออยู่บนท่าน้ำ",
    ),
    "code": (
        70,
        'def split(text: str, size: int) -> list[str]:\n    """Cut a text into pieces."""\n'
        "    return [text[at : at + size] for at in range(0, len(text), size)]\n\n\n"
        'for piece in split("a" * 100, 30):\n    print(piece, len(piece), flush=True)\n',
    ),
    "a table": (
        82,
        "| Parameter | KP-40/6 | KP-40/10 |\n|---|---|---|\n| Maximum flow | 3.2 m³/h | 4.1 m³/h |\n"
        "| Power input | 12 to 85 W | 16 to 140 W |\n| Sound level at 1 m | 38 dB(A) | 42 dB(A) |\n",
    ),
    "figures": (38, "12345.678, 2024-11-05, 0.0001, 1e10, 99 %, 127.0.0.1:8080"),
}
"""Texts, and how many tokens of the vocabulary o200k they have (counted with gpt-tokenizer 4)."""

LETTERS = ["圧力逃し弁は十二バールで開く。", "يفتح", "🙂👩‍👧🇩🇪", "e\u0301", "ы", "ไทย", "हिन्दी", "ŁÓDŹ", "ꙮ", "𝔘"]
SIGNS = ["12.5", "-----", "\n\n", "  ", "\r\n", "\t", "\u200b", "\ufeff", "__init__", "\x00"]
WORDS = st.sampled_from(["pump", " the", "Sicherheitsventil", "x" * 300, *LETTERS, *SIGNS])
TEXTS = st.one_of(
    st.lists(WORDS, max_size=60).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    st.lists(WORDS, min_size=1, max_size=8).map(lambda words: "".join(words) * 300),
)


@pytest.mark.parametrize("name", COUNTED)
def test_the_estimate_is_within_a_quarter_of_what_a_tokenizer_counts(name: str) -> None:
    tokens, text = COUNTED[name]

    assert 0.75 * tokens <= count(text) <= 1.25 * tokens


def test_over_all_languages_the_estimate_is_close() -> None:
    estimated = sum(count(text) for _, text in COUNTED.values())

    assert estimated == pytest.approx(sum(tokens for tokens, _ in COUNTED.values()), rel=0.05)


def test_a_text_of_nothing_has_no_tokens() -> None:
    ruler = TokenRuler("")

    assert (count(""), ruler.size(0, 0), ruler.reach(0, 0), ruler.reach(0, 100)) == (0, 0, 0, 0)


@settings(deadline=None, max_examples=100)
@given(text=TEXTS)
def test_the_ruler_agrees_with_the_count(text: str) -> None:
    assert TokenRuler(text).size(0, len(text)) == count(text)


@settings(deadline=None, max_examples=100)
@given(text=TEXTS, shares=st.tuples(*[st.floats(0, 1)] * 3))
def test_sizes_add_up_and_never_shrink(text: str, shares: tuple[float, float, float]) -> None:
    start, middle, end = (round(share * len(text)) for share in sorted(shares))
    ruler = TokenRuler(text)

    assert ruler.size(start, middle) + ruler.size(middle, end) == ruler.size(start, end)
    assert 0 <= ruler.size(start, middle) <= ruler.size(start, end)


@settings(deadline=None, max_examples=200)
@given(text=TEXTS, share=st.floats(0, 1), budget=st.one_of(st.integers(0, 40), st.integers(0, 4000)))
def test_the_reach_is_all_that_the_budget_allows(text: str, share: float, budget: int) -> None:
    start = round(share * len(text))
    ruler = TokenRuler(text)

    end = ruler.reach(start, budget)
    assert start <= end <= len(text)
    assert ruler.size(start, end) <= budget
    assert end == len(text) or ruler.size(start, end + 1) > budget


@settings(deadline=None, max_examples=100)
@given(text=TEXTS, share=st.floats(0, 1), budgets=st.tuples(st.integers(0, 500), st.integers(0, 500)))
def test_a_larger_budget_reaches_as_far_or_farther(text: str, share: float, budgets: tuple[int, int]) -> None:
    start, ruler = round(share * len(text)), TokenRuler(text)

    assert ruler.reach(start, min(budgets)) <= ruler.reach(start, max(budgets))


def test_a_word_of_thousands_of_letters_is_measured_evenly() -> None:
    ruler = TokenRuler("x" * 5000)

    assert ruler.size(1000, 3000) == pytest.approx(ruler.size(0, 5000) * 2 / 5, abs=1)
    assert ruler.size(0, ruler.reach(0, 100)) == 100


def test_a_part_costs_nearly_what_it_costs_alone() -> None:
    parts = [text for _, text in COUNTED.values()]
    whole = TokenRuler("\n\n".join(parts))

    at = 0
    for part in parts:
        assert whole.size(at, at + len(part)) == pytest.approx(count(part), rel=0.35)
        at += len(part) + 2


def test_base64_is_no_prose() -> None:
    letters = "QmFzZTY0IGlzIGEgZ3JvdXAgb2YgYmluYXJ5LXRvLXRleHQgZW5jb2Rpbmcgc2NoZW1lcyB0aGF0" * 10

    assert count(letters) > len(letters) / 3


def test_memory_is_a_few_bytes_a_word() -> None:
    text = "The relief valve opens at twelve bar. " * 5000
    ruler = TokenRuler(text)

    held = sum(part.itemsize * len(part) for part in (ruler._ends, ruler._sums))
    assert held < len(text) * 3
