"""Which sessions a route admits: each route states its clients and the assurance that it needs.

`clients` are those whose sessions reach the route; a route that states none is closed to everyone. `assurance` says how
sure it is that the account's owner is calling: `full`, or `basic` for an SMS code alone on an account with a verified
identity, since a phone number may have been sold to somebody else. Authority is not decided here.
"""

from typing import Literal, get_args

from functions.shared.errors import Forbidden, Text

SessionClient = Literal["mini_program", "portal", "console"]
RouteClient = SessionClient | Literal["public"]
Assurance = Literal["basic", "full"]

PUBLIC: tuple[RouteClient, ...] = ("public",)  # needs no session
PHONE: tuple[RouteClient, ...] = ("mini_program",)
PERSON: tuple[RouteClient, ...] = ("mini_program", "portal")
CONSOLE: tuple[RouteClient, ...] = ("console",)
PHONE_AND_CONSOLE: tuple[RouteClient, ...] = ("mini_program", "console")
ANY_SESSION: tuple[RouteClient, ...] = ("mini_program", "portal", "console")


class ClientNotAllowed(Forbidden):
    """The route is not for the client of this session."""

    code = "CLIENT_NOT_ALLOWED"
    text = Text(
        "当前登录的客户端不支持此操作，请使用手机微信小程序。",
        "This client cannot do this. Please use the mini-program on your phone.",
    )


class ConsoleSessionRequired(Forbidden):
    """The session is not one of the console."""

    code = "CONSOLE_SESSION_REQUIRED"
    text = Text("请在电脑端机构授权端扫码登录后操作。", "Please sign in to the console on a computer to do this.")


class MiniProgramSessionRequired(Forbidden):
    """Only a session of the mini-program may do this: a PC may be shared, and is left open."""

    code = "MINI_PROGRAM_SESSION_REQUIRED"
    text = Text("请使用手机微信小程序操作。", "Please use the mini-program on your phone to do this.")


class StepUpRequired(Forbidden):
    """The session was started by an SMS code alone, on an account whose identity is verified."""

    code = "STEP_UP_REQUIRED"
    text = Text(
        "为保护您的账号，请先完成一次人脸核验，或使用已绑定的微信登录，再继续操作。",
        "To protect your account, please pass a face check or sign in with your linked WeChat, then try again.",
    )


def admit(clients: tuple[RouteClient, ...], client: SessionClient) -> None:
    """Require that a route with these clients is for this one.

    Raises `ClientNotAllowed`, `ConsoleSessionRequired`, `MiniProgramSessionRequired`.
    """
    if client in clients:
        return
    if clients == CONSOLE:
        raise ConsoleSessionRequired
    if clients == PHONE and client != "console":
        raise MiniProgramSessionRequired
    raise ClientNotAllowed


def refusals_of(clients: tuple[RouteClient, ...], needed: Assurance) -> list[type[Forbidden]]:
    """What a route with this declaration may refuse a session, for the OpenAPI document."""
    if clients == PUBLIC:
        return []
    refused: set[type[Forbidden]] = {StepUpRequired} if needed == "full" else set()
    for client in get_args(SessionClient):
        try:
            admit(clients, client)
        except Forbidden as refusal:
            refused.add(type(refusal))
    return sorted(refused, key=lambda refusal: refusal.code)
