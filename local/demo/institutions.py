"""The demo institutions: a few to join, all with one confirmation code that is no secret, and a province to search."""

ACTOR = "local_run"
CONFIRMATION_CODE = "DGHJKLMN"

COMMISSION, CITY, HOSPITAL = "420000100001", "420100100001", "420100100002"
# Code, name, supervisor, category; a supervisor stands before those below it.
DIRECTORY = (
    (COMMISSION, "江楚省卫生健康委员会（示例）", None, "卫生健康行政部门"),
    (CITY, "江楚市卫生健康委员会", COMMISSION, "卫生健康行政部门"),
    (HOSPITAL, "江楚市第一人民医院", CITY, "综合医院"),
    ("420100100003", "江楚市中医医院", CITY, "中医医院"),
    ("420100100004", "江楚市妇幼保健院", CITY, "妇幼保健机构"),
    ("420100100005", "江楚市东湖街道社区卫生服务中心", CITY, "基层医疗卫生机构"),
)

PROVINCE, PROVINCE_SIZE = "云梦", 60  # another name than that of the institutions above


def make_institutions() -> None:
    """Put the few into the directory, each with its audit events."""
    # Not at the top: the demo is a client, and has none of the product's settings.
    from functions.institutions import directory
    from functions.institutions.details import InstitutionInput, check
    from functions.institutions.domain.credit_code import check_character
    from functions.shared import audit
    from functions.shared.derived_codes import CONFIRMATION_CODE as CONFIRMATION_CODE_KIND
    from functions.shared.derived_codes import adopt_code
    from functions.shared.table.institutions import Institution
    from functions.shared.table.transactions import Transaction

    for number, (code, name, supervisor_code, category) in enumerate(DIRECTORY, start=1):
        body = f"12420000{number:09d}"
        typed = InstitutionInput(name, supervisor_code, category, body + check_character(body), code[:6], code)
        made = directory.create(check(typed), actor=ACTOR)
        tx = Transaction()
        adopted = adopt_code(CONFIRMATION_CODE_KIND, CONFIRMATION_CODE, made.institution_code)
        known = [
            Institution.confirmation_nonce.set(adopted.nonce),
            Institution.confirmation_offset.set(adopted.offset),
        ]
        audit.change(tx, directory.find(made.institution_code), known, "confirmation_code_rotated", actor=ACTOR)
        tx.commit()


def make_province() -> None:
    """Put a made-up province into the directory, as an operator imports one."""
    import msgspec

    from operations import sample_province
    from operations.importing import carry_out
    from operations.planning import plan_import

    rows = [
        msgspec.structs.replace(row, name=row.name.replace(sample_province.PROVINCE, PROVINCE))
        for row in sample_province.generate_province(PROVINCE_SIZE)
    ]
    # One after the other: moto loses writes at once.
    plan = plan_import(list(enumerate(rows, start=2)), workers=1)
    carry_out(plan, lambda _: None, workers=1, processes=1)
