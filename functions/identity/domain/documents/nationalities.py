"""Nationalities as machine-readable documents write them: ISO 3166-1 alpha-3 and the additions of ICAO 9303 part 3.

Codes of 2026. Utopia (`UTO`), the nationality of specimens, is not one.
"""

from functions.identity.domain.documents.errors import DocumentRefused
from functions.shared.code_format import normalize_code
from functions.shared.errors import Text

ISO_3166 = """
ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR BLZ
BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU
DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC
GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM
KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG
MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL
PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN
SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB
VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE
"""

# ICAO 9303 part 3, section 5: British nationals by status, Kosovo, the European Union, the United Nations and other
# organizations, the neutral zone, the Order of Malta, and persons without a defined nationality.
ICAO_9303 = """
GBD GBN GBO GBP GBS RKS EUE UNO UNA UNK XBA XCC XCE XCO XDC XEC XES XIM XMP XOM XPO NTZ XXA XXB XXC XXX
"""

NATIONALITIES = frozenset(ISO_3166.split() + ICAO_9303.split())

MAX_INPUT = 16


def country_code(field: str) -> str:
    """A country field of a machine-readable zone as a code of three letters: Germany alone writes `D<<`."""
    code = field.rstrip("<")
    return "DEU" if code == "D" else code


def parse_nationality(raw: str) -> str:
    """The nationality as three capital letters (`D` becomes `DEU`).

    Raises DocumentRefused with NATIONALITY_FORMAT when there is none, or none that ICAO 9303 knows.
    """
    code = country_code(normalize_code(raw[:MAX_INPUT]))
    if code not in NATIONALITIES:
        raise DocumentRefused(
            "NATIONALITY_FORMAT",
            Text(
                "请填写护照上的国籍代码（3 个字母，如 GBR）。",
                "Please enter the nationality code printed in the passport (three letters, such as GBR).",
            ),
        )
    return code
