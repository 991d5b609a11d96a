"""How do other programs call the languages that the host calls by ISO 639-1 codes?

`FLORES` are the names of NLLB: an ISO 639-3 code and a script. Apertium uses the ISO 639-3 code alone, and sometimes
that of the language where NLLB's is of its best-known member, so those few stand in `THREE`.
"""

from __future__ import annotations

from pipeline.host.languages import primary

_NAMES = """
    af:afr_Latn am:amh_Ethi ar:arb_Arab as:asm_Beng az:azj_Latn ba:bak_Cyrl be:bel_Cyrl bg:bul_Cyrl
    bn:ben_Beng bo:bod_Tibt bs:bos_Latn ca:cat_Latn cs:ces_Latn cy:cym_Latn da:dan_Latn de:deu_Latn
    el:ell_Grek en:eng_Latn eo:epo_Latn es:spa_Latn et:est_Latn eu:eus_Latn fa:pes_Arab fi:fin_Latn
    fo:fao_Latn fr:fra_Latn ga:gle_Latn gl:glg_Latn gu:guj_Gujr ha:hau_Latn he:heb_Hebr hi:hin_Deva
    hr:hrv_Latn ht:hat_Latn hu:hun_Latn hy:hye_Armn id:ind_Latn is:isl_Latn it:ita_Latn ja:jpn_Jpan
    jv:jav_Latn ka:kat_Geor kk:kaz_Cyrl km:khm_Khmr kn:kan_Knda ko:kor_Hang lb:ltz_Latn ln:lin_Latn
    lo:lao_Laoo lt:lit_Latn lv:lvs_Latn mg:plt_Latn mi:mri_Latn mk:mkd_Cyrl ml:mal_Mlym mn:khk_Cyrl
    mr:mar_Deva ms:zsm_Latn mt:mlt_Latn my:mya_Mymr ne:npi_Deva nl:nld_Latn nn:nno_Latn no:nob_Latn
    oc:oci_Latn pa:pan_Guru pl:pol_Latn ps:pbt_Arab pt:por_Latn ro:ron_Latn ru:rus_Cyrl sa:san_Deva
    sd:snd_Arab si:sin_Sinh sk:slk_Latn sl:slv_Latn sn:sna_Latn so:som_Latn sq:als_Latn sr:srp_Cyrl
    su:sun_Latn sv:swe_Latn sw:swh_Latn ta:tam_Taml te:tel_Telu tg:tgk_Cyrl th:tha_Thai tk:tuk_Latn
    tl:tgl_Latn tr:tur_Latn tt:tat_Cyrl uk:ukr_Cyrl ur:urd_Arab uz:uzn_Latn vi:vie_Latn yi:ydd_Hebr
    yo:yor_Latn zh:zho_Hans zu:zul_Latn
"""

FLORES: dict[str, str] = dict(pair.split(":") for pair in _NAMES.split())

_OTHER_SCRIPTS = {"zh-hant": "zho_Hant", "zh-tw": "zho_Hant", "zh-hk": "zho_Hant", "sr-latn": "srp_Latn"}
_SAME = {"nb": "no", "iw": "he", "fil": "tl", "jw": "jv", "yue": "zh", "cmn": "zh"}

THREE: dict[str, str] = {code: name[:3] for code, name in FLORES.items()} | {
    "an": "arg",
    "ar": "ara",
    "az": "aze",
    "et": "est",
    "fa": "fas",
    "kk": "kaz",
    "lv": "lav",
    "ms": "msa",
    "ne": "nep",
    "se": "sme",
    "sq": "sqi",
    "sw": "swa",
    "uz": "uzb",
    "zh": "zho",
}
_TWO = {three: code for code, three in THREE.items()} | {name[:3]: code for code, name in FLORES.items()}


def two(code: str) -> str | None:
    """The ISO 639-1 code of a language in any of these spellings: `de`, `deu`, `deu_Latn`, `de-AT`; None: unknown."""
    plain = primary(code.replace("_", "-"))
    plain = _SAME.get(plain, plain)
    return plain if plain in THREE else _TWO.get(plain)


def flores(language: str) -> str | None:
    """NLLB's name of a language as a client spells it; None: it has none."""
    code = two(language)
    return _OTHER_SCRIPTS.get(language.lower()) or (FLORES.get(code) if code else None)
