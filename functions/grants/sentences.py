"""The events of a grant as sentences, in both languages; names are put in as they are shown, masked.

`{actor}` is who did it, `{person}` whom it is about, `{before}` who had the role until then.
"""

from collections.abc import Mapping

from functions.grants.domain import GrantEventName
from functions.shared.errors import Text
from functions.shared.vocabulary import RoleName

_ASSIGNED = Text("{actor}直接授权{person}为业务负责人。", "{actor} made {person} the manager directly.")

_SENTENCES: Mapping[GrantEventName, Text] = {
    "assistant_joined": Text(
        "{person}接受邀请，成为辅助管理员。", "{person} accepted an invitation and is now an assistant."
    ),
    "assistant_left": Text("{person}不再担任辅助管理员（本人退出）。", "{person} left as an assistant."),
    "assistant_removed": Text("{actor}移除了辅助管理员{person}。", "{actor} removed {person} as an assistant."),
    "direct_grant_missed": Text(
        "{actor}直接授权时填写的姓名与证件号码不一致。",
        "{actor} tried a direct grant with a name and number that do not match.",
    ),
    "grant_code_issued": Text("{actor}签发了授权码。", "{actor} issued a grant code."),
    "grant_code_reissued": Text(
        "{actor}重新签发了授权码，原授权码失效。", "{actor} issued a new grant code. The previous one is void."
    ),
    "grant_assigned": _ASSIGNED,
    "grant_directly_granted": _ASSIGNED,  # its name in trails from before
    "grant_redeemed": Text(
        "{person}使用授权码，成为业务负责人。", "{person} redeemed the grant code and is now the manager."
    ),
    "grant_revoked": Text("{actor}解除了授权。", "{actor} revoked the grant."),
    "invitation_created": Text("{actor}发出了邀请（{role}）。", "{actor} created an invitation ({role})."),
    "invitation_withdrawn": Text("{actor}撤回了邀请。", "{actor} withdrew an invitation."),
    "manager_resigned": Text(
        "{person}辞去业务负责人，授权已清空。", "{person} resigned as the manager. The grant is vacant."
    ),
    "manager_transferred": Text(
        "{person}接替{before}，成为业务负责人。", "{person} took over as the manager from {before}."
    ),
    "member_renamed": Text("{person}的姓名已更新。", "The name of {person} was updated."),
}
# What is said of an end that took a manager, or that the platform decided by itself.
_REVOKED_FROM = Text(
    "{actor}解除了授权，{person}不再是业务负责人。", "{actor} revoked the grant. {person} is no longer the manager."
)
_ENDED: Mapping[str, Text] = {
    "document_expired": Text(
        "证件过期已超过期限，{person}的角色终止。", "The role of {person} ended: their document has expired."
    ),
    "identity_ended": Text(
        "{person}的实名认证已终止，其角色随之终止。", "The role of {person} ended with their verified identity."
    ),
}
_ROLES: Mapping[RoleName, Text] = {
    "manager": Text("接任业务负责人", "next manager"),
    "assistant": Text("辅助管理员", "assistant"),
}
_SOMEBODY, PLATFORM, ADMINISTRATOR = (
    Text("某用户", "somebody"),
    Text("平台", "the platform"),
    Text("平台管理员", "an administrator"),
)
_BECAUSE = Text("理由：{reason}", "Reason: {reason}")


def sentence(  # noqa: PLR0913 - a sentence has these parts
    event: GrantEventName,
    *,
    actor: str | Text | None,
    person: str | None = None,
    before: str | None = None,
    role: RoleName | None = None,
    reason: str | None = None,
    cause: str | None = None,
) -> Text:
    """Return an event as a sentence. `reason` is an administrator's words, `cause` why the platform ended a role."""
    ended = _ENDED.get(cause or "")
    revoked = _REVOKED_FROM if event == "grant_revoked" and person is not None else None
    form = ended or revoked or _SENTENCES[event]
    said = Text(
        *(
            template.format(
                actor=_name(actor, at), person=_name(person, at), before=_name(before, at), role=_role(role, at)
            )
            for at, template in enumerate(form)
        )
    )
    if reason is None:
        return _capitalized(said)
    return _capitalized(
        Text(said.zh + _BECAUSE.zh.format(reason=reason), f"{said.en} {_BECAUSE.en.format(reason=reason)}")
    )


def _name(name: str | Text | None, language: int) -> str:
    if name is None:
        name = _SOMEBODY
    return name[language] if isinstance(name, Text) else name


def _role(role: RoleName | None, language: int) -> str:
    return _ROLES[role][language] if role is not None else ""


def _capitalized(said: Text) -> Text:
    return Text(said.zh, said.en[:1].upper() + said.en[1:])
