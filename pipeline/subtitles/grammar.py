"""Which small words bind to the next word, and which open a phrase?

`binds`: articles, prepositions, conjunctions, auxiliaries, possessives: a line never ends on one. `opens`: a
conjunction or preposition that may begin a line. `titles`: an abbreviation whose dot ends no sentence.
A language that is not here is broken by punctuation, pauses and balance alone.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NO_GRAMMAR: dict[str, frozenset[str]] = {"binds": _words(""), "opens": _words(""), "titles": _words("")}

# A new language: add its line; words are bare (lower case, no apostrophe).
GRAMMARS: dict[str, dict[str, frozenset[str]]] = {
    "en": {
        "binds": _words(
            "a an the this that these those my your his her its our their and or but nor so of in on at by for from "
            "with to into onto over under about as than if when while because although is are was were be been am "
            "has have had do does did will would shall should can could may might must not no very more most i we "
            "you he she they it every each some any dont doesnt didnt wont cant im youre hes shes its were theyre"
        ),
        "opens": _words(
            "and or but nor so because although though if when while where which who whose that as than of in on at "
            "by for from with to into onto over under about after before until since between through without"
        ),
        "titles": _words("mr mrs ms dr prof st jr sr vs etc eg ie no gen col lt sgt rev hon sen rep gov pres"),
    },
    "de": {
        "binds": _words(
            "der die das den dem des ein eine einen einem einer eines mein dein sein ihr unser euer kein keine und "
            "oder aber denn sondern in im an am auf aus bei beim mit nach von vom zu zum zur für über unter vor durch "
            "gegen ohne um als wie wenn weil dass ob ist sind war waren hat haben hatte hatten wird werden wurde kann "
            "muss soll will darf nicht sehr ich du er sie es wir"
        ),
        "opens": _words(
            "und oder aber denn sondern weil dass ob wenn als wie in an auf aus bei mit nach von zu für "
            "über unter vor durch gegen ohne um damit obwohl während bis seit der die das"
        ),
        "titles": _words("dr prof hr fr st bzw usw nr ca z b d h u a"),
    },
    "fr": {
        "binds": _words(
            "le la les l un une des du de d ce cet cette ces mon ton son ma ta sa mes tes ses notre votre nos vos "
            "leur leurs et ou mais ni car à au aux en dans sur sous par pour avec sans chez que qui si comme est sont "
            "était a ont avait ne pas très je tu il elle on nous vous ils elles se me te"
        ),
        "opens": _words(
            "et ou mais ni car donc or que qui dont où si comme à au aux en dans sur sous par pour avec "
            "sans chez de du des parce quand lorsque puisque"
        ),
        "titles": _words("m mm mme mlle dr pr st ste etc"),
    },
    "es": {
        "binds": _words(
            "el la los las un una unos unas lo mi tu su mis tus sus nuestro nuestra este esta estos estas ese esa y e "
            "o u pero ni a al de del en con por para sin sobre entre hasta desde que si como es son era ha han había "
            "no muy se me te nos"
        ),
        "opens": _words(
            "y e o u pero ni sino que quien donde cuando si como porque aunque mientras a al de del en con "
            "por para sin sobre entre hasta desde"
        ),
        "titles": _words("sr sra srta dr dra d ud uds etc"),
    },
    "it": {
        "binds": _words(
            "il lo la i gli le l un uno una del dello della dei degli delle al allo alla ai agli alle nel nella nei "
            "sul sulla dal dalla e ed o ma né di a da in con su per tra fra che se come è sono era ha hanno non molto "
            "mi ti si ci vi mio tuo suo"
        ),
        "opens": _words("e ed o ma né che chi dove quando se come perché mentre di a da in con su per tra fra"),
        "titles": _words("sig dott prof ing avv ecc"),
    },
    "pt": {
        "binds": _words(
            "o a os as um uma uns umas do da dos das no na nos nas ao à pelo pela meu minha seu sua e ou mas nem de em "
            "com por para sem sobre entre até que se como é são era foi tem têm não muito me te se lhe"
        ),
        "opens": _words(
            "e ou mas nem que quem onde quando se como porque embora enquanto de em com por para sem sobre "
            "entre até do da no na"
        ),
        "titles": _words("sr sra dr dra etc"),
    },
    "nl": {
        "binds": _words(
            "de het een mijn jouw zijn haar ons onze hun en of maar want dus in op aan bij met van voor naar uit over "
            "onder door tegen zonder om te als dat is was waren heeft hebben had wordt worden kan moet zal niet zeer "
            "ik je hij ze wij we"
        ),
        "opens": _words(
            "en of maar want dus omdat dat als wanneer terwijl in op aan bij met van voor naar uit over "
            "onder door tegen zonder om die"
        ),
        "titles": _words("dhr mevr dr prof bv enz"),
    },
    "sv": {
        "binds": _words(
            "en ett den det de min din sin vår er och eller men i på av för med till från om att som är var "
            "har hade kan ska inte mycket jag du han hon vi ni"
        ),
        "opens": _words("och eller men att som om när medan eftersom i på av för med till från"),
        "titles": _words("dr prof t ex"),
    },
}
