"""Word lists, all in lower case: en, de, es and fr together unless a name says otherwise."""

from __future__ import annotations


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


STOP_WORDS: dict[str, frozenset[str]] = {
    "en": _listed(
        "the of and to in a is that for it as with be on by this are was or an at from which not have has can must may "
        "if when will their its than only all after before but also into each every within until any no"
    ),
    "de": _listed(
        "der die das und in zu den von mit ist des sich auf für im dem nicht ein eine als auch es an werden aus er hat "
        "dass sie nach wird bei einer um am sind noch wie einem über so zum bis oder nur wenn muss kann ihn vor"
    ),
    "es": _listed(
        "de la que el en y los se del las un por con no una su para es al lo como más o pero sus le ha este si sin "
        "sobre entre cuando desde hasta debe puede está son"
    ),
    "fr": _listed(
        "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec son aux ou "
        "d'un être cette été si sans doit peut entre après avant"
    ),
}

# What a sentence must not begin with if it is to be understood alone.
LEANING_STARTS = _listed(
    "it its they their them this these those that he she his her we our you such both each one another other others "
    "however therefore thus hence otherwise instead then also but and or so yet moreover furthermore similarly here "
    "there if-so again nevertheless consequently yes no see note for-example likewise finally next first second third "
    "er sie es dies diese dieser dieses diesen jene sein seine ihr ihre daher deshalb dennoch jedoch außerdem sonst "
    "dann dabei dadurch danach hierbei hier dort wir und aber oder auch zudem ferner ja nein siehe dazu darum solche "
    "este esta esto estos estas ese esa eso él ella ellos ellas su sus además también pero y o así entonces luego "
    "véase sí "
    "il elle ils elles ce cet cette ces cela ça son sa leur leurs ainsi donc mais et ou aussi cependant toutefois "
    "ensuite puis voir oui non"
)

# Labels before a colon that announce something other than a definition.
LABELS = _listed(
    "note notes warning warnings caution danger important tip tips hint example examples attention remark notice info "
    "information result source sources version date author authors page phone tel telephone fax email e-mail mail web "
    "website url isbn doi address contact copyright license licence figure fig table step question answer q a re from "
    "to cc bcc subject sent see reference references keywords abstract summary contents todo fixme update edit input "
    "output default returns raises usage prerequisites requirements optional required yes no pros cons time http https "
    "therefore however also namely because options steps features including reminder good bad "
    "hinweis hinweise achtung warnung vorsicht gefahr wichtig tipp beispiel beispiele bemerkung stand datum autor "
    "seite telefon anschrift kontakt abbildung abb tabelle schritt frage antwort quelle quellen siehe ergebnis betreff "
    "nota notas advertencia precaución peligro atención importante consejo ejemplo fuente fecha autor página teléfono "
    "figura tabla paso pregunta respuesta resultado "
    "remarque avertissement prudence exemple conseil auteur téléphone tableau étape réponse résultat voir"
)

# Subjects that name no thing that one could define.
EMPTY_SUBJECTS = _listed(
    "there here it this that these those they he she we you one what which who where when why how all some many most "
    "another other others first second third last next same following reason result goal aim purpose idea point "
    "problem question answer advantage disadvantage example exception difference key way thing case fact part rest "
    "default alternative solution issue option main only best note today now currently generally usually often "
    "fundamentally basically typically finally however therefore thus hence also if once while since although because "
    "es dies das hier dort er sie wir man alles ziel grund zweck ergebnis vorteil nachteil beispiel ausnahme problem "
    "frage folge lösung regel unterschied teil wichtig heute oft meist jeder jede jedes dieser diese dieses "
    "esto eso ello hay objetivo motivo razón resultado ventaja ejemplo problema solución "
    "ce cela ceci il elle on but raison résultat avantage exemple problème"
)

# What "X is a ..." goes on with where it judges or counts rather than defines.
JUDGEMENTS = _listed(
    "good bad great big small must problem reason matter bit lot few number result sign question better best nice "
    "common simple key major minor huge little real separate different new similar possible necessary recommended "
    "maximum minimum total part "
    "gut gute guter gutes große großer großes wichtige wichtiger wichtiges häufige teil problem muss "
    "buen buena gran problema parte bon bonne grand grande problème partie"
)

# Imperatives that open a heading, as in "Replace the seal"; their gerunds are derived.
EN_VERBS = _listed(
    "add adjust activate align apply approve archive assemble assign attach back bleed block book build calibrate "
    "cancel change charge check choose claim clean clear clone close collect commission compile configure confirm "
    "connect contact convert copy create deactivate debug decommission define delete deploy descale diagnose disable "
    "disassemble disconnect disinfect dismantle dispose download drain edit empty enable enroll enter escalate export "
    "extract file fill find fit flush format generate get handle import inspect initialize insert install integrate "
    "invite issue join launch lift link load lock log lubricate maintain make manage measure merge migrate modify "
    "monitor mount move onboard open operate order organize park pay perform place plan power prepare prime print "
    "program protect publish purge recharge record recover refill register release reload remove rename renew repair "
    "replace report request reserve reset restart restore resume return review revoke rinse roll run save schedule "
    "seal secure select send service set setup ship shut sign start stop store submit sync take tighten train "
    "transfer troubleshoot turn uninstall unlock unpack update upgrade upload use validate vent verify withdraw write "
    "draft calculate apply start-up rotate test wash weigh"
)
# Headings in which one of these is a noun, not a command: "Order history", "Set points".
EN_NOUN_FOLLOWERS = _listed(
    "history points point policy policies limits limit data types type process times time list lists number numbers "
    "notes options results overview guide form forms conditions terms system systems rules management costs"
)
EN_PROCEDURES = _listed("procedure procedures steps checklist instructions process sequence")
DE_PROCEDURES = _listed("schritte ablauf anleitung checkliste vorgehen vorgehensweise")


# A number behind one of these points somewhere, or counts nothing that could be known.
POINTERS = _listed(
    "section chapter figure fig table step page no number version appendix clause article item part speed equation "
    "abschnitt kapitel abbildung tabelle schritt seite nummer nr stufe absatz anhang artikel teil "
    "sección capítulo figura tabla paso página apartado tableau étape chapitre"
)
# Small words that an abbreviation may pass over.
PASSED_OVER = _listed("of and the for in to a an on at by und der die das für von de la el los las y et du des le les")
# What may follow a counted thing; beside the stop words.
AUXILIARIES = _listed(
    "should could would shall might do does did were had been being between per during before after above below under "
    "sollen sollte dürfen müssen können unter ab pro vom beim ins aux par selon como"
)
# Abbreviations that end in a full stop, without the last one.
ABBREVIATIONS = _listed(
    "e.g i.e etc vs approx max min no nos fig figs eq sec ch vol pp p dr mr mrs ms prof st inc ltd co corp jr sr al cf "
    "z.b d.h u.a o.ä u.ä bzw ca ggf inkl exkl zzgl vgl nr abs art str tel evtl usw sog bspw gem lt mind z b d h u "
    "p.ej ej núm pág sra aprox p.ex ex env éd"
)
# Column heads that are no nouns in a sentence.
NO_NOUNS = _listed("when where who what how why which yes no if to from by at for is")


def _gerund(verb: str) -> str:
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    doubles = verb in {"set", "shut", "stop", "run", "get", "log", "fit", "ship", "submit", "plan", "cancel", "reset"}
    return verb + (verb[-1] if doubles else "") + "ing"


EN_GERUNDS = frozenset(_gerund(verb) for verb in EN_VERBS) | {"canceling", "programming", "setting"}
