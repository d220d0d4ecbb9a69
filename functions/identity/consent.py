"""Consent to the processing of face and document images: read, accepted with its version, before the first scan."""

from functions.identity import gateways, store
from functions.identity.errors import ConsentOutdated, ErasureUnderWay
from functions.shared import audit, clock
from functions.shared.errors import Text
from functions.shared.table import keys
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, retry_on_conflict

VERSION = "2026-11-25"
SOON_S = 30  # the last erasure is late by a moment, or comes again after a fault
TEXT = Text(
    "为核验您的真实身份，我们需要处理您的证件照片、证件号码和人脸照片（敏感个人信息）。\n"
    "一、目的：仅用于实名认证，以及在您办理机构业务时确认是您本人操作。\n"
    "二、方式：照片加密保存，不公开；自拍照片保存7天，未通过的证件照片保存30天。\n"
    "三、人脸比对和文字识别可能由云服务商代为处理，不会用于其他用途。\n"
    "四、您可以随时在小程序内撤回同意：照片和证件号码将被删除，实名状态随之失效，所担任的业务负责人、辅助管理员职务一并终止。\n"
    "五、不同意不影响浏览，但无法完成实名认证。",
    "To verify who you are we need to process photos of your document, its number and a photo of your face "
    "(sensitive personal information).\n"
    "1. Purpose: identity verification, and making sure that it is you who acts for your institution. Nothing else.\n"
    "2. Photos are stored encrypted and are never public; selfies are kept for 7 days, rejected scans for 30 days.\n"
    "3. Face comparison and text recognition may be carried out by a cloud provider on our behalf.\n"
    "4. You can withdraw your consent at any time in the mini-program: photos and number are deleted and the "
    "verification ends, and with it your roles as manager or assistant.\n"
    "5. Without consent you can look around, but your identity cannot be verified.",
)


@retry_on_conflict
def accept_consent(user_id: str, version: str) -> None:
    """Record that the user agrees to the version in force; again changes nothing.

    Raises `ConsentOutdated`, `ErasureUnderWay`.
    """
    if version != VERSION:
        raise ConsentOutdated
    identity = store.identity(user_id)
    tx = Transaction()
    store.require_live_account_in(tx, user_id)
    detail = {"version": version}
    if identity is None:
        first = Identity.new(keys.identity(user_id), user_id=user_id, consent_version=version, consented_at=clock.now())
        audit.create(tx, first, "consent_given", actor=user_id, detail=detail)
    elif identity.erasing_since is not None:
        since = (clock.now() - identity.erasing_since).total_seconds()
        raise ErasureUnderWay(max(SOON_S, int(gateways.ERASURES_S[-1] - since)))
    elif identity.consent_version == version:
        return
    else:
        actions = [Identity.consent_version.set(version), Identity.consented_at.set(clock.now())]
        audit.change(tx, identity, actions, "consent_given", actor=user_id, detail=detail)
    tx.commit()
