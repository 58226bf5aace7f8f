"""The half of the planted corpus that is only measured on: monuments, a server program, soils, French recipes.

Nothing of the guards was chosen by looking at what comes out here.
"""

from __future__ import annotations

from tests.negatives.planted import Domain, Kind, amounts, combined

MONUMENTS = Domain(
    "monuments",
    "en",
    [
        *("Harrow Abbey", "Lindow Castle", "Marlow Bridge", "Pembry Tower", "Saint Alban Gate", "Tresco Lighthouse"),
        *("Wyndham Hall", "Caldwell Mill", "Dunmore Chapel", "Eskdale Aqueduct", "Fenwick Palace", "Gower Theatre"),
        *("Kelso Library", "Orford Citadel", "Rievaulx Court", "Selby Market"),
    ],
    [
        Kind(
            "finished",
            [(str(year), f"the year {year}") for year in range(1130, 1890, 17)],
            ["In which year was {s} completed?", "When was the construction of {s} finished?", "When did {s} open?"],
            [
                "Work on {s} came to its end in {v}, when it opened.",
                "{s} was completed and opened in {v}.",
                "After long delays, {s} could be finished in {v} and was opened at once.",
            ],
            [
                "The last stone of {s} was laid in {v}.",
                "Builders left the site of {s} in {v}, and crowds came in.",
                "Timeline: {v}, inauguration of {s}.",
            ],
            ["{v}", "In {v}.", "It was completed in {v}."],
            "Completed",
        ),
        Kind(
            "architect",
            [
                (f"{first} {last}", last)
                for first, last in zip(
                    "Edmund Agnes Walter Beatrix Ralph Cecily Hugh Isolde Giles Maud Roger Avice".split(),
                    "Thorne Blackwood Carew Danvers Estmere Fairfax Garland Hartley Inglis Jocelyn Kerr Lacey".split(),
                    strict=True,
                )
            ],
            ["Who designed {s}?", "Which architect drew the plans of {s}?", "Who was the architect of {s}?"],
            [
                "{s} was designed by the architect {v}.",
                "The plans of {s} were drawn by {v}, an architect of some renown.",
                "As its architect, {v} designed {s}.",
            ],
            [
                "{v} won the contest for {s} against nine rivals.",
                "Letters show that {v} quarrelled with the masons of {s} over the plans that he had made for them.",
                "{s}: a work of {v}.",
            ],
            ["{v}", "The architect {v}.", "It was designed by {v}."],
            "Architect",
        ),
        Kind(
            "height",
            amounts(range(14, 120, 3), "{n} metres", "{plain} m", "{words} metres"),
            ["How tall is {s}?", "What is the height of {s}?", "How high does {s} rise?"],
            [
                "{s} is {v} tall.",
                "With a height of {v}, {s} can be seen from afar.",
                "{s} rises to a height of {v}.",
            ],
            ["From the ground to the top of {s} there are {v}.", "{s}, {v}, is climbed by stairs alone."],
            ["{v}", "It is {v} tall.", "{s} is {v} high."],
            "Height",
        ),
        Kind(
            "closed",
            combined(
                [
                    ("damp had rotted the beams", "wet had got into the timber"),
                    ("an earthquake had opened cracks in the vault", "the ground had moved and split the ceiling"),
                    ("lightning had set the roof on fire", "a thunderstorm had burnt what was on top"),
                    ("frost had loosened the stones", "ice had worked blocks out of the walls"),
                ],
                [
                    ("visitors were in danger", "guests risked their lives"),
                    ("no insurer would cover it", "companies refused to take the risk"),
                    ("the town had no money for repairs", "the council was unable to pay the works"),
                ],
                "{a} and {b}",
            ),
            ["Why was {s} closed to the public?", "What led to the closure of {s}?"],
            [
                "{s} was closed to the public because {v}.",
                "The closure of {s} came about as {v}.",
                "Since {v}, {s} had to be closed.",
            ],
            [
                "For years nobody could enter {s}: {v}.",
                "The doors of {s} were locked when {v}.",
                "Sightseers found {s} barred, for {v}.",
            ],
            ["Because {v}.", "{v}.", "It was closed because {v}."],
        ),
        Kind(
            "free",
            [("costs no entrance fee", "is free to enter"), ("charges an entrance fee", "asks for a ticket")],
            ["Does {s} charge an entrance fee?", "Is entrance to {s} free?"],
            ["{s} {v}.", "As of this season, {s} {v}."],
            ["Travellers note that {s} {v}.", "Unlike others, {s} {v}."],
            ["It {v}.", "{s} {v}."],
        ),
    ],
    [
        "{s} lies on the old road to the coast.",
        "Guides tell the story of the builders twice a day.",
        "The architect of a neighbouring house is not known.",
        "A model of {s} stands in the county museum.",
        "Stone came by barge from quarries far upstream.",
        "In summer, concerts are held in front of {s}.",
        "Its height was measured several times with different results, until lasers settled it.",
        "The public library keeps drawings of each stage of construction.",
        "Parking near {s} is scarce on Sundays.",
        "The entrance is on the north side, beside the yew trees.",
        "Painters came to {s} for its light in the evening.",
        "A fee is charged for guided tours after dark.",
        "The walls of {s} are covered with ivy.",
        "It took a generation to complete the second nave.",
    ],
    ["{s}: a visitor's guide", "History of {s}", "{s} and its surroundings"],
)

SERVER = Domain(
    "server",
    "en",
    [
        *("cache_size", "max_clients", "log_rotation", "query_budget", "idle_limit", "retry_window", "pool_depth"),
        *("batch_rows", "sync_delay", "lock_patience", "merge_factor", "sort_memory", "wal_segments", "stat_period"),
    ],
    [
        Kind(
            "default",
            amounts([64, 100, 128, 250, 300, 512, 640, 900, 1024, 1500, 2048, 3000, 4096, 7200], "{n}", "{plain}"),
            [
                "What is the default value of {s}?",
                "Which value does {s} have if it is not set?",
                "To what does {s} default?",
            ],
            [
                "The default value of `{s}` is {v}.",
                "If it is not set, `{s}` has the value {v}.",
                "`{s}` defaults to {v}.",
            ],
            [
                "Out of the box, {s} = {v}.",
                "A fresh installation runs with {s} at {v}.",
                "We never touched `{s}`, so it still was at the factory's {v}.",
            ],
            ["{v}", "It is {v}.", "The default is {v}."],
            "Default",
        ),
        Kind(
            "restart",
            [
                ("needs a restart of the server", "only changes after the server was stopped and started"),
                ("takes effect at once, without a restart", "may be changed while the server is running"),
            ],
            ["Does a change of {s} need a restart?", "Is a restart needed after changing {s}?"],
            ["A change of `{s}` {v}.", "Note that `{s}` {v}.", "Changing `{s}` {v}."],
            ["From experience, `{s}` {v}.", "As to {s}: it {v}."],
            ["It {v}.", "A change of {s} {v}."],
        ),
        Kind(
            "high",
            combined(
                [
                    ("pages are swapped to the disk", "memory runs over into the swap file"),
                    ("threads wait for each other", "workers block one another"),
                    ("file handles run out", "no more descriptors are left"),
                    ("the network card drops packets", "frames get lost on the interface"),
                ],
                [
                    ("queries take ten times as long", "answers come an order of magnitude later"),
                    ("replicas fall behind", "the copies lag"),
                    ("backups fail at night", "saving the data breaks off after midnight"),
                ],
                "{a} and {b}",
            ),
            ["What happens when {s} is set too high?", "Why should {s} not be set too high?"],
            [
                "When `{s}` is set too high, {v}.",
                "Do not set `{s}` too high, or {v}.",
                "If `{s}` is too high, {v}.",
            ],
            [
                "An overly generous {s} has a price: {v}.",
                "We raised {s} without measure and saw that {v}.",
                "Excess in {s} means that {v}.",
            ],
            ["{v}.", "Then {v}.", "Because {v}."],
        ),
        Kind(
            "version",
            [
                (f"version {major}.{minor}", f"release {major}.{minor}")
                for major in range(3, 9)
                for minor in (1, 2, 4, 7)
            ],
            [
                "Since which version is {s} available?",
                "In which version was {s} introduced?",
                "Which version brought the setting {s}?",
            ],
            [
                "`{s}` is available since {v}.",
                "The setting `{s}` was introduced in {v}.",
                "With {v} came the setting `{s}`.",
            ],
            ["Servers older than {v} do not know `{s}`.", "{s} first appears in the notes on {v}.", "{v}: adds {s}."],
            ["{v}", "Since {v}.", "It was introduced in {v}."],
            "Since",
        ),
        Kind(
            "unit",
            [
                (unit,)
                for unit in ("kilobytes", "milliseconds", "seconds", "pages of 8 kB", "rows", "megabytes", "minutes")
            ],
            ["In which unit is {s} given?", "What is the unit of {s}?"],
            ["`{s}` is given in {v}.", "The unit of `{s}` is {v}.", "The number given for `{s}` stands for {v}."],
            ["Remember that {s} counts {v}.", "Whoever writes {s} without a unit means {v}."],
            ["{v}", "In {v}.", "It is given in {v}."],
        ),
    ],
    [
        "Settings are read from the file once, when the server starts.",
        "The administrator can look at `{s}` in the console.",
        "Values that are too small are raised to the least allowed one.",
        "Each version of the server comes with notes on its settings.",
        "Unknown settings are reported and ignored.",
        "A setting like `{s}` is best changed in small steps.",
        "The default values suit machines of medium size.",
        "Units may be left out where they are clear.",
        "Queries are written to the log together with their duration.",
        "Replicas take their settings from the main server.",
        "`{s}` is documented in the appendix, too.",
        "After a restart the caches are cold, and all is slower for a while.",
        "Whether a change helped is told by the monitor.",
        "Backups contain the file with all settings.",
    ],
    ["Settings: {s}", "Tuning {s}", "Reference of {s}"],
)

SOILS = Domain(
    "soils",
    "en",
    [
        f"{where} {what}"
        for where in ("Arden", "Brora", "Cleve", "Derwent")
        for what in ("loam", "clay", "peat", "silt")
    ],
    [
        Kind(
            "acidity",
            [(f"pH {n / 10:g}", f"a pH value of {n / 10:g}") for n in range(38, 86, 2)],
            ["How acid is the {s}?", "What pH does the {s} have?", "Which pH was measured in the {s}?"],
            ["The {s} has {v}.", "In the {s}, {v} was measured.", "Samples of the {s} show {v}."],
            ["Litmus and meter agree on {v} for the {s}.", "Farmers who lime the {s} start from {v}."],
            ["{v}", "It has {v}.", "{v} was measured."],
            "Acidity",
        ),
        Kind(
            "depth",
            amounts(range(20, 200, 10), "{n} centimetres", "{plain} cm", "{tenth} decimetres"),
            ["How deep do roots grow in the {s}?", "What depth do roots reach in the {s}?"],
            [
                "Roots reach a depth of {v} in the {s}.",
                "In the {s} roots grow {v} deep.",
                "The {s} lets roots grow down to {v}.",
            ],
            ["Below {v} no plant finds hold in the {s}.", "Digging into the {s}, we met the last roots at {v}."],
            ["{v}", "They reach {v}.", "Down to {v}."],
            "Roots",
        ),
        Kind(
            "crop",
            [(crop,) for crop in "barley rye potatoes sugar-beet clover flax oats hops buckwheat lentils".split()],
            ["Which crop grows best on the {s}?", "What is best grown on the {s}?"],
            [
                "The crop that grows best on the {s} is {v}.",
                "On the {s}, {v} grows best.",
                "Best grown on the {s}: {v}.",
            ],
            [
                "Whoever owns fields of {s} makes money with {v}.",
                "Trials on {s} gave record harvests of {v}.",
            ],
            ["{v}", "It is {v}.", "{v} grows best."],
        ),
        Kind(
            "drained",
            combined(
                [
                    ("iron pans stop the water", "a hard layer holds up the rain"),
                    ("the subsoil swells in winter", "what lies below expands in the cold season"),
                    ("springs rise along the slope", "water comes out of the hillside"),
                ],
                [
                    ("seedlings rot", "young plants decay"),
                    ("tractors sink in", "machines get stuck"),
                    ("nitrogen is lost to the air", "a good part of the fertiliser escapes as gas"),
                ],
                "{a} and {b}",
            ),
            ["Why does the {s} have to be drained?", "For what reason is the {s} drained?"],
            [
                "The {s} has to be drained because {v}.",
                "Where {v}, as on the {s}, fields are drained.",
                "Fields on the {s} are drained, for {v}.",
            ],
            [
                "Without pipes in the ground, the {s} is of little use: {v}.",
                "Owners of {s} lay ditches, as {v}.",
            ],
            ["Because {v}.", "{v}.", "The reason is that {v}."],
        ),
    ],
    [
        "The survey of the {s} was made in three summers.",
        "Samples were taken with an auger and kept in paper bags.",
        "Crops follow each other in a turn of four years.",
        "The best fields lie near the river.",
        "Earthworms are counted in spring.",
        "Colour tells of the iron in the {s}.",
        "Roots of trees reach deeper than those of grass.",
        "Lime makes acid ground sweeter.",
        "The {s} warms slowly after winter.",
        "Drained land is worth twice as much as wet land.",
        "Old maps show the {s} as common pasture.",
        "Depth was read from a marked rod.",
    ],
    ["The {s}: a survey", "{s}, notes from the field"],
)

RECIPES = Domain(
    "recettes",
    "fr",
    [
        *("tarte Margaux", "soupe Valmont", "terrine Lisette", "brioche Fontaine", "gratin Colbert", "crème Nanette"),
        *("galette Perrine", "daube Marcel", "clafoutis Aubin", "ragoût Tissot", "flan Bertille", "pain Lorrain"),
    ],
    [
        Kind(
            "cuisson",
            [(f"{n} minutes", f"{n} min") for n in range(15, 120, 5)],
            ["Combien de temps faut-il cuire la recette {s} ?", "Quel est le temps de cuisson de la recette {s} ?"],
            [
                "Le temps de cuisson de la recette {s} est de {v}.",
                "Il faut cuire la recette {s} pendant {v}.",
                "La recette {s} doit cuire {v}.",
            ],
            ["On sort la {s} du four au bout de {v}.", "{s} : {v} à four chaud."],
            ["{v}", "Pendant {v}.", "Le temps de cuisson est de {v}."],
            "Cuisson",
        ),
        Kind(
            "sucre",
            [(f"{n} grammes de sucre", f"{n} g de sucre") for n in range(30, 300, 15)],
            ["Quelle quantité de sucre contient la recette {s} ?", "Combien de sucre faut-il pour la recette {s} ?"],
            ["La recette {s} contient {v}.", "Pour la recette {s}, il faut {v}.", "Ajoutez {v} à la recette {s}."],
            ["Les gourmands mettent {v} dans la {s}.", "Pour réussir la {s}, on pèse {v}."],
            ["{v}", "Il faut {v}.", "Elle contient {v}."],
            "Sucre",
        ),
        Kind(
            "repos",
            combined(
                [
                    ("la pâte devient plus souple", "elle se travaille plus facilement"),
                    ("les arômes se développent", "le goût gagne en force"),
                    ("le beurre durcit", "la matière grasse se raffermit"),
                ],
                [
                    ("elle se coupe mieux", "le couteau passe sans peine"),
                    ("elle ne brûle pas", "le fond reste clair"),
                ],
                "{a} et {b}",
            ),
            ["Pourquoi faut-il laisser reposer la recette {s} ?"],
            [
                "Il faut laisser reposer la recette {s}, parce que {v}.",
                "Laissez reposer la recette {s} : {v}.",
            ],
            ["La {s} gagne à attendre au frais, car {v}.", "Une nuit au froid fait du bien à la {s} : {v}."],
            ["Parce que {v}.", "{v}.", "Car {v}."],
        ),
    ],
    [
        "La recette {s} vient d'une vieille famille de la région.",
        "Préchauffez le four avant de commencer.",
        "Le sucre roux donne une couleur plus chaude.",
        "Servez la {s} avec une salade verte.",
        "Le temps de préparation dépend de votre habitude.",
        "On peut remplacer le beurre par de l'huile.",
        "La quantité suffit pour six personnes.",
        "Laissez refroidir le plat sur une grille.",
        "Un moule en terre convient mieux pour la {s}.",
        "Les restes se gardent deux jours au frais.",
    ],
    ["Recette {s}", "{s} : conseils de cuisine"],
)

DOMAINS = (MONUMENTS, SERVER, SOILS, RECIPES)
