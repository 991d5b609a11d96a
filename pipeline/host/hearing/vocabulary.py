"""Which words does the scripted ear say?

Sixty-four plain words in four languages, line by line the same thing, so that a scripted phrase can be said in any of
them and translated word for word.
"""

from __future__ import annotations

from pipeline.host.languages import primary

_TABLE = """
apple Apfel pomme manzana|river Fluss rivière río|house Haus maison casa|tree Baum arbre árbol
bread Brot pain pan|water Wasser eau agua|light Licht lumière luz|stone Stein pierre piedra
garden Garten jardin jardín|window Fenster fenêtre ventana|table Tisch table mesa|chair Stuhl chaise silla
street Straße rue calle|bridge Brücke pont puente|mountain Berg montagne montaña|forest Wald forêt bosque
ocean Ozean océan océano|island Insel île isla|summer Sommer été verano|winter Winter hiver invierno
morning Morgen matin mañana|evening Abend soir tarde|night Nacht nuit noche|silver Silber argent plata
gold Gold or oro|paper Papier papier papel|letter Brief lettre carta|book Buch livre libro
music Musik musique música|song Lied chanson canción|dance Tanz danse baile|story Geschichte histoire historia
doctor Arzt médecin médico|teacher Lehrer professeur profesor|friend Freund ami amigo|brother Bruder frère hermano
sister Schwester sœur hermana|mother Mutter mère madre|father Vater père padre|child Kind enfant niño
horse Pferd cheval caballo|bird Vogel oiseau pájaro|fish Fisch poisson pez|flower Blume fleur flor
cloud Wolke nuage nube|rain Regen pluie lluvia|snow Schnee neige nieve|wind Wind vent viento
fire Feuer feu fuego|earth Erde terre tierra|moon Mond lune luna|star Stern étoile estrella
train Zug train tren|ship Schiff bateau barco|wheel Rad roue rueda|key Schlüssel clé llave
door Tür porte puerta|wall Wand mur pared|roof Dach toit techo|kitchen Küche cuisine cocina
sugar Zucker sucre azúcar|salt Salz sel sal|coffee Kaffee café café|market Markt marché mercado
"""

_LANGUAGES = ("en", "de", "fr", "es")
_ROWS = [entry.split() for line in _TABLE.strip().splitlines() for entry in line.split("|")]

WORDS: dict[str, tuple[str, ...]] = {
    language: tuple(row[column] for row in _ROWS) for column, language in enumerate(_LANGUAGES)
}


def sentence(numbers: list[int], language: str) -> list[str]:
    """Words by number, the first with a capital and the last with a full stop."""
    known = WORDS[primary(language)]
    words = [known[number % len(known)] for number in numbers]
    if words:
        words[0] = words[0][:1].upper() + words[0][1:]
        words[-1] += "."
    return words
