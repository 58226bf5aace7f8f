"""The half of the planted corpus that the guards were made with: machines, rules of companies, leaflets, Haushalt."""

from __future__ import annotations

from tests.negatives.planted import Domain, Kind, amounts, combined

_REASONS = combined(
    [
        ("residue from storage clogs the nozzle", "what is left over from storage blocks the nozzle"),
        ("air trapped in the suction line damages the impeller", "bubbles on the inlet side wear out the impeller"),
        ("cold oil reaches the bearings too slowly", "thick lubricant takes too long to get to the bearings"),
        ("the seal runs dry and cracks", "without liquid the gasket becomes brittle"),
        ("sand grinds down the valve seat", "grit wears the seat of the valve"),
    ],
    [
        ("the motor overheats", "the drive gets too hot"),
        ("the warranty becomes void", "the maker no longer pays for repairs"),
        ("the controller reports a fault", "an error shows up on the display"),
        ("the flow drops by half", "only half as much is delivered"),
    ],
    "{a} and {b}",
)
PUMPS = Domain(
    "pumps",
    "en",
    [f"{family}-{number}" for family in ("KP", "HX", "Delta") for number in (40, 41, 60, 75, 90, 110, 125, 140)],
    [
        Kind(
            "relief",
            amounts(range(4, 30), "{n} bar", "{words} bar", "{tenth} MPa"),
            [
                "At what pressure does the relief valve of the {s} open?",
                "When does the {s}'s relief valve open?",
                "Which pressure opens the relief valve of a {s} pump?",
            ],
            [
                "The relief valve of the {s} opens at {v}.",
                "At {v} the relief valve opens and protects the {s} from bursting.",
                "On the {s} the relief valve is set to open at {v}.",
            ],
            [
                "To keep the housing of the {s} safe, pressure above {v} is let off by a valve.",
                "The {s} discharges through its safety valve as soon as {v} is reached.",
                "Relief valve setting for the {s}: {v}.",
            ],
            ["{v}", "It opens at {v}.", "The relief valve opens at {v}."],
            "Relief valve",
        ),
        Kind(
            "oil",
            amounts([*range(2, 12), 14, 18], "{n} litres", "{words} litres", "{plain} l"),
            [
                "How much oil does the gearbox of the {s} hold?",
                "What amount of oil has to be filled into the {s}'s gearbox?",
                "How many litres of gear oil does the {s} need?",
            ],
            [
                "The gearbox of the {s} holds {v} of oil.",
                "Fill {v} of gear oil into the {s} before the first start.",
                "For the {s}, {v} of gear oil are needed.",
            ],
            [
                "An oil change on the {s} takes {v}.",
                "Order {v} of lubricant for each {s} gearbox.",
                "Capacity of the {s} gear case: {v}.",
            ],
            ["{v}", "{v} of oil.", "The gearbox holds {v} of oil."],
            "Gear oil",
        ),
        Kind(
            "interval",
            amounts([*range(500, 6000, 250)], "{n} operating hours", "{plain} operating hours", "{plain} h of running"),
            [
                "After how many operating hours must the shaft seal of the {s} be replaced?",
                "How often is the shaft seal of the {s} replaced?",
                "What is the replacement interval of the {s}'s shaft seal?",
            ],
            [
                "Replace the shaft seal of the {s} every {v}.",
                "The shaft seal of the {s} must be replaced after {v}.",
                "After {v}, a new shaft seal is fitted to the {s}.",
            ],
            [
                "Seals on the shaft of the {s} last {v} and are then exchanged.",
                "The maintenance plan of the {s} has a new shaft seal every {v}.",
                "Shaft seal, {s}: exchange at {v}.",
            ],
            ["Every {v}.", "After {v}.", "{v}"],
            "Shaft seal",
        ),
        Kind(
            "standard",
            [(f"{a} {b}",) for a in ("ISO", "EN", "API", "DIN") for b in (5199, 2858, 610, 733, 24255, 10816)],
            [
                "Which standard does the flange of the {s} follow?",
                "According to which standard are the {s}'s flanges drilled?",
                "What standard applies to the flanges of the {s}?",
            ],
            [
                "The flanges of the {s} are drilled to {v}.",
                "Flanges on the {s} follow {v}.",
                "The standard {v} applies to the flanges of the {s}.",
            ],
            [
                "Pipes for the {s} need connections drilled as in {v}.",
                "Connections: {s} as in {v}.",
                "Whoever orders counter flanges for the {s} asks for {v}.",
            ],
            ["{v}", "They follow {v}.", "The flanges follow {v}."],
            "Flanges",
        ),
        Kind(
            "flush",
            _REASONS,
            [
                "Why must the {s} be flushed before it is started?",
                "What happens if the {s} is started without being flushed?",
                "For what reason is the {s} flushed before the start?",
            ],
            [
                "Flush the {s} before you start it; otherwise {v}.",
                "The {s} must be flushed before each start, because {v}.",
                "If nobody flushes the {s} before it is started, {v}.",
            ],
            [
                "Never run an unflushed {s}: {v}.",
                "Rinsing the {s} first is no formality, since {v}.",
                "Operators who forget to flush the {s} find that {v}.",
            ],
            ["Because otherwise {v}.", "Without flushing, {v}.", "{v}."],
        ),
        Kind(
            "seawater",
            [
                ("is suitable for seawater", "may be used with sea water"),
                ("is not suitable for seawater", "must not be used with sea water"),
            ],
            ["Is the {s} suitable for seawater?", "Can the {s} be used with seawater?"],
            ["The {s} {v}.", "As for materials, the {s} {v}.", "By its design the {s} {v}."],
            ["On ships it matters that the {s} {v}.", "The shipyard notes that the {s} {v}.", "Note: the {s} {v}."],
            ["The {s} {v}.", "It {v}."],
        ),
    ],
    [
        "The {s} is delivered in a wooden crate with two lifting eyes.",
        "Check the {s} for transport damage and report it to the carrier.",
        "The relief valve and the shaft seal are spare parts that every workshop should keep.",
        "Oil that leaks from the gearbox is collected in a tray below the {s}.",
        "Read the chapter on pressure before you open the housing.",
        "The {s} stands on four feet that dampen vibration.",
        "Pressure gauges on both sides show whether the {s} works as it should.",
        "A trained fitter needs half a day to align motor and pump.",
        "Noise from the gearbox tells of worn bearings.",
        "The start is recorded in the log book together with the name of the operator.",
        "Flanges are sealed with flat gaskets that are used only once.",
        "Seawater, brine and other salty liquids attack cast iron.",
        "The valve on the suction side of the {s} stays open during operation.",
        "Keep the ventilation slots of the motor free from dust.",
        "How long a seal lasts depends on the liquid and on its temperature.",
        "The type plate of the {s} shows the year and the serial number.",
    ],
    ["Operating manual {s}", "{s}: installation and maintenance", "Technical notes on the {s}"],
)

_PEOPLE = [
    (f"{first} {last}", f"Ms {last}" if first.endswith("a") else f"Mr {last}")
    for first, last in zip(
        "Maria Anna Peter Clara Jonas Laura Oscar Elena Simon Petra Hugo Nina Viktor Rosa Adam Julia".split(),
        "Keller Brandt Okafor Lindgren Moreau Santos Novak Fischer Hale Ivers Jansen Kowal Lund Marsh Noll "
        "Ortiz".split(),
        strict=True,
    )
]
POLICIES = Domain(
    "policies",
    "en",
    [
        *("Norden Logistics", "Halvard Shipping", "Brightwater Foods", "Castell Insurance", "Meridian Textiles"),
        *("Oakfield Energy", "Pallas Robotics", "Quinta Hotels", "Rowan Dairy", "Sable Print", "Tarn Railways"),
        *("Umbra Films", "Vesper Optics", "Wexford Glass", "Yarrow Seeds", "Zenith Lifts"),
    ],
    [
        Kind(
            "leave",
            amounts(range(22, 37), "{n} days", "{plain} working days"),
            [
                "How many days of paid leave do employees of {s} get a year?",
                "What is the annual leave at {s}?",
                "How much holiday does {s} grant each year?",
            ],
            [
                "Employees of {s} get {v} of paid leave a year.",
                "{s} grants {v} of annual leave.",
                "The annual leave at {s} amounts to {v}.",
            ],
            [
                "Whoever works for {s} may stay away for {v} each year at full pay.",
                "Holiday at {s}: {v}.",
                "With {v} off each year, {s} lies above the average of its trade.",
            ],
            ["{v}", "{v} a year.", "They get {v} of paid leave."],
            "Annual leave",
        ),
        Kind(
            "meals",
            amounts(range(18, 60, 2), "{n} euros", "EUR {plain}", "€{plain}"),
            [
                "How much does {s} pay for meals on a business trip?",
                "What is the daily meal allowance at {s}?",
                "Up to which amount does {s} refund meals per day?",
            ],
            [
                "On business trips {s} pays {v} a day for meals.",
                "The daily meal allowance of {s} is {v}.",
                "{s} refunds meals up to {v} per day.",
            ],
            [
                "Travellers of {s} may spend {v} on food each day.",
                "Meals, {s}: {v}.",
                "For breakfast, lunch and dinner together {s} gives {v}.",
            ],
            ["{v}", "{v} a day.", "It pays {v} per day."],
            "Meals per day",
        ),
        Kind(
            "approver",
            _PEOPLE,
            [
                "Who approves travel requests at {s}?",
                "Whose approval does a travel request at {s} need?",
                "Who has to sign a travel request at {s}?",
            ],
            [
                "Travel requests at {s} are approved by {v}.",
                "At {s}, {v} approves every travel request.",
                "A travel request at {s} needs the approval of {v}.",
            ],
            [
                "Nobody at {s} books a flight before {v} has agreed.",
                "Trips of {s} staff are signed off by {v}.",
                "For permission to travel, {s} staff turn to {v}.",
            ],
            ["{v}", "{v} approves them.", "By {v}."],
        ),
        Kind(
            "since",
            [
                (f"{day} {month} {year}", f"{month} {day}, {year}", f"{year}-{number:02}-{day:02}")
                for day, (number, month), year in zip(
                    (1, 15, 3, 20, 7, 12, 28, 9, 17, 30, 5, 22),
                    [*enumerate("January February March April May June July August September October".split(), 1)][:8]
                    * 2,
                    (2017, 2018, 2019, 2020, 2021, 2022, 2023, 2016, 2015, 2020, 2018, 2021),
                    strict=False,
                )
            ],
            [
                "Since when has the home office rule of {s} been in force?",
                "When did the home office rule at {s} take effect?",
            ],
            [
                "The home office rule of {s} has been in force since {v}.",
                "At {s} the home office rule took effect on {v}.",
                "On {v}, {s} put its home office rule into force.",
            ],
            [
                "{s} has let its people work from home since {v}.",
                "From {v} on, staff of {s} could choose to work at home.",
                "Home office at {s}: valid from {v}.",
            ],
            ["{v}", "Since {v}.", "On {v}."],
        ),
        Kind(
            "receipts",
            combined(
                [
                    ("the tax office asks for originals", "originals have to be shown to the tax authority"),
                    ("copies were handed in twice", "some people claimed the same bill two times"),
                    ("scans could not be read", "nobody could make out what the images said"),
                    ("the auditors objected to missing stamps", "stamps were lacking, as the audit found"),
                ],
                [
                    ("claims took six weeks to settle", "money came back only after one and a half months"),
                    ("two departments paid for the same trip", "one journey was refunded by a pair of units"),
                    ("the accounts could not be closed in time", "the books stayed open past their date"),
                ],
                "{a} and {b}",
            ),
            [
                "Why does {s} insist on paper receipts?",
                "For what reason must receipts be handed in on paper at {s}?",
            ],
            [
                "{s} insists on paper receipts because {v}.",
                "Receipts must be handed in on paper at {s}, since {v}.",
                "Because {v}, only paper receipts are accepted at {s}.",
            ],
            [
                "Digital bills are turned down at {s}: {v}.",
                "{s} went back to paper after {v}.",
                "The accountants of {s} want sheets in an envelope; the reason is that {v}.",
            ],
            ["Because {v}.", "{v}.", "The reason is that {v}."],
        ),
    ],
    [
        "Every employee of {s} finds the current rules in the staff portal.",
        "Requests are handed in at least five working days before the trip.",
        "Meals that a host pays for are no expense.",
        "Leave that was not taken by March lapses unless the team lead objects.",
        "Receipts are kept for ten years and then shredded.",
        "A day in the home office counts like a day at the desk.",
        "{s} books train tickets before flights where both take the same time.",
        "Questions about the travel rules go to the personnel department.",
        "The approval of a request is sent by mail, as is its refusal.",
        "New employees of {s} sign the rules on their first day.",
        "Those who fall ill during their leave get the days back.",
        "The allowance is halved on the days of departure and return.",
        "Paper forms lie in the post room on the ground floor.",
        "The works council of {s} was heard before the rules were changed.",
    ],
    ["Staff handbook of {s}", "{s}: rules for travel and leave", "Working at {s}"],
)

LEAFLETS = Domain(
    "leaflets",
    "en",
    "Abrovil Benterol Cardamex Dolestin Epinorm Fluvacor Gastrolin Hepanil Ibrotan Juvelin Kortazol Lumexin "
    "Metaprin Novalgat Oxitrel Panturol".split(),
    [
        Kind(
            "dose",
            amounts([*range(25, 800, 25)], "{n} mg", "{plain} milligrams"),
            [
                "What is the daily dose of {s} for adults?",
                "How much {s} do adults take per day?",
                "Which dose of {s} is recommended for adults a day?",
            ],
            [
                "Adults take {v} of {s} per day.",
                "The daily dose of {s} for adults is {v}.",
                "For adults, {v} of {s} a day are recommended.",
            ],
            [
                "Grown-up patients usually get {v} {s} every day.",
                "{s}, adults: {v} in 24 hours.",
                "The doctor will normally prescribe {v} of {s} daily.",
            ],
            ["{v}", "{v} per day.", "Adults take {v} a day."],
            "Daily dose",
        ),
        Kind(
            "storage",
            amounts(range(5, 31), "{n} °C", "{plain} degrees Celsius", "{words} degrees"),
            [
                "Up to what temperature may {s} be stored?",
                "What is the highest storage temperature of {s}?",
                "At most how warm may {s} be stored?",
            ],
            [
                "{s} may be stored at up to {v}.",
                "Store {s} below {v}.",
                "The storage temperature of {s} must not exceed {v}.",
            ],
            [
                "Keep packs of {s} at {v} or less.",
                "{s} spoils where it is warmer than {v}.",
                "Pharmacies keep {s} cool: {v} is the limit.",
            ],
            ["{v}", "Up to {v}.", "It may be stored at up to {v}."],
            "Stored at most at",
        ),
        Kind(
            "effect",
            [
                (a,)
                for a in (
                    "a dry mouth",
                    "drowsiness",
                    "itching",
                    "blurred vision",
                    "nausea",
                    "muscle cramps",
                    "a metallic taste",
                    "hair loss",
                    "ringing in the ears",
                )
            ],
            [
                "What is the most frequent side effect of {s}?",
                "Which side effect of {s} is the most common?",
            ],
            [
                "The most frequent side effect of {s} is {v}.",
                "Most often, {s} causes {v}.",
                "Among the side effects of {s}, {v} is the most common.",
            ],
            [
                "Many patients who take {s} complain of {v}.",
                "{s} is known for {v}.",
                "In trials with {s}, {v} was reported more than anything else.",
            ],
            ["{v}", "It is {v}.", "Most often it causes {v}."],
        ),
        Kind(
            "alcohol",
            combined(
                [
                    ("alcohol doubles its level in the blood", "with drink, twice as much of it circulates"),
                    ("the liver breaks both down in the same way", "both compete for one path in the liver"),
                    ("the two widen the vessels together", "together they make arteries open up"),
                ],
                [
                    ("patients may faint", "people can pass out"),
                    ("breathing slows down", "the breath becomes slow"),
                    ("the heart loses its rhythm", "the pulse gets irregular"),
                ],
                "{a} and {b}",
            ),
            [
                "Why should {s} not be taken with alcohol?",
                "What is the danger of taking {s} together with alcohol?",
            ],
            [
                "{s} should not be taken with alcohol, because {v}.",
                "Do not take {s} together with alcohol: {v}.",
                "Taken with alcohol, {s} is dangerous, as {v}.",
            ],
            [
                "Patients on {s} should leave wine and beer alone, since {v}.",
                "Drinking during treatment with {s} is risky: {v}.",
                "No alcohol with {s}, for {v}.",
            ],
            ["Because {v}.", "{v}.", "The danger is that {v}."],
        ),
    ],
    [
        "Tell your doctor about all other medicines before you take {s}.",
        "Swallow the tablets whole with a glass of water.",
        "Keep {s} out of the reach of children.",
        "If you forget a dose, do not take twice as much the next day.",
        "Side effects should be reported so that others can be warned.",
        "Alcohol and driving are treated in a chapter of their own.",
        "{s} is available on prescription in packs of 20 and 50 tablets.",
        "Adults with kidney disease need a lower dose than others.",
        "The storage room of a pharmacy is checked for its temperature twice a day.",
        "Patients over 65 should have their blood pressure measured each week.",
        "{s} has no influence on the pill.",
        "Most people feel better after the first week of treatment.",
    ],
    ["Package leaflet: {s}", "{s}, information for patients"],
)

HOUSEHOLD = Domain(
    "haushalt",
    "de",
    [f"{name} {number}" for name in ("Aquara", "Belmont", "Corvo", "Dorado") for number in (200, 350, 500, 720)],
    [
        Kind(
            "verbrauch",
            [(f"{n} Liter", f"{n} l") for n in range(6, 40)],
            [
                "Wie viel Wasser verbraucht die {s} pro Waschgang?",
                "Wie hoch ist der Wasserverbrauch der {s} je Waschgang?",
            ],
            [
                "Die {s} verbraucht {v} Wasser pro Waschgang.",
                "Der Wasserverbrauch der {s} liegt bei {v} je Waschgang.",
                "Für einen Waschgang braucht die {s} {v} Wasser.",
            ],
            [
                "Mit {v} kommt die {s} durch eine ganze Wäsche.",
                "{s}: {v} Wasser für eine Ladung.",
                "Sparsame Haushalte freuen sich, dass die {s} nur {v} durchlaufen lässt.",
            ],
            ["{v}", "{v} pro Waschgang.", "Sie verbraucht {v} Wasser."],
            "Wasser",
        ),
        Kind(
            "garantie",
            [(f"{n} Monate", f"{w}") for n, w in ((12, "ein Jahr"), (24, "zwei Jahre"), (36, "drei Jahre"))],
            ["Wie lange gilt die Garantie der {s}?", "Welche Garantiezeit hat die {s}?"],
            [
                "Die Garantie der {s} gilt {v}.",
                "Auf die {s} gibt der Hersteller {v} Garantie.",
                "Die Garantiezeit der {s} beträgt {v}.",
            ],
            [
                "Schäden an der {s} werden {v} lang kostenlos behoben.",
                "Käufer einer {s} sind {v} abgesichert.",
            ],
            ["{v}", "Sie gilt {v}.", "{v} lang."],
        ),
        Kind(
            "sieb",
            combined(
                [
                    ("das Flusensieb setzt sich zu", "das Sieb verstopft mit Flusen"),
                    ("Kalk lagert sich am Heizstab ab", "die Heizung verkalkt"),
                    ("das Wasser läuft nicht mehr ab", "der Abfluss ist blockiert"),
                ],
                [
                    ("die Wäsche riecht muffig", "die Kleidung bekommt einen üblen Geruch"),
                    ("die Pumpe schaltet ab", "die Pumpe bleibt stehen"),
                ],
                "{a} und {b}",
            ),
            [
                "Warum muss die {s} jeden Monat gereinigt werden?",
                "Was passiert, wenn die {s} nicht jeden Monat gereinigt wird?",
            ],
            [
                "Reinigen Sie die {s} jeden Monat, sonst gilt: {v}.",
                "Die {s} muss jeden Monat gereinigt werden, denn {v}.",
            ],
            [
                "Wer die {s} nie sauber macht, merkt bald: {v}.",
                "Ohne Pflege geschieht bei der {s} Folgendes: {v}.",
            ],
            ["{v}.", "Weil sonst gilt: {v}.", "Denn {v}."],
        ),
    ],
    [
        "Die {s} wird mit zwei Schläuchen und einer Anleitung geliefert.",
        "Stellen Sie die {s} auf einen ebenen und trockenen Boden.",
        "Öffnen Sie den Hahn langsam, damit das Wasser ruhig einläuft.",
        "Ein Waschgang mit viel Wäsche dauert länger als einer mit wenig.",
        "Die Garantie erlischt, wenn Fremde das Gehäuse öffnen.",
        "Reinigen Sie die Tür mit einem weichen Tuch.",
        "Die Pumpe der {s} ist von vorn zugänglich.",
        "Beim Schleudern steht die {s} ruhig, wenn die Füße fest sind.",
        "Der Hersteller nimmt alte Maschinen kostenlos zurück.",
        "Kinder dürfen die {s} nur unter Aufsicht bedienen.",
    ],
    ["Bedienungsanleitung {s}", "{s}: Aufstellen und Pflegen"],
)

DOMAINS = (PUMPS, POLICIES, LEAFLETS, HOUSEHOLD)
