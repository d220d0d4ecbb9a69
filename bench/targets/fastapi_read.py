"""The same read in FastAPI behind Mangum, with the same checks of the answer's shape.

An `async` view, though boto3 blocks: Lambda has one request at a time, and a thread for it would cost more.
"""

import json
from typing import Annotated, Literal

from fastapi import FastAPI, Header, HTTPException
from mangum import Mangum
from pydantic import BaseModel

from bench.answers import TOKEN
from bench.events import CONTEXT, request
from bench.targets.shape import EXPECTED, make_client, read_me
from bench.timing import obey


class WorkUnit(BaseModel):
    """The institution a user says they work at."""

    institution_code: str
    name: str


class Role(BaseModel):
    """A place in a grant."""

    business: str
    business_name: str
    institution_code: str
    institution_name: str
    role: Literal["manager", "assistant"]


class User(BaseModel):
    """A user, as they see themselves."""

    user_id: str
    phone_masked: str | None
    wechat_bound: bool
    identity_status: Literal["unverified", "draft", "in_review", "verified", "rejected"]
    name_masked: str | None
    work_unit: WorkUnit | None
    roles: list[Role]
    is_administrator: bool


class Session(BaseModel):
    """The current session."""

    client: Literal["mini_program", "portal", "console"]
    assurance: Literal["basic", "full"]
    expires_at: str


class Me(BaseModel):
    """The calling user."""

    user: User
    session: Session
    may: list[str]


app = FastAPI()
client = make_client()


@app.get("/auth/me")
async def me(authorization: Annotated[str, Header()]) -> Me:
    """The calling user."""
    found = read_me(client, authorization)
    if found is None:
        raise HTTPException(401)
    return Me.model_validate(found)


handler = Mangum(app, lifespan="off")
event = request("/auth/me", Authorization=f"Bearer {TOKEN}")
assert json.loads(handler(event, CONTEXT)["body"]) == EXPECTED
obey(lambda: handler(event, CONTEXT))
