"""Finding a document by the places of its labels: wherever it lies, and only where it does."""

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.identity.domain.documents import DocumentType
from functions.identity.domain.faces import FaceBox
from functions.identity.domain.found_document import FoundDocument, find_document
from functions.identity.domain.layouts import CARD, Layout, layout_of
from functions.identity.domain.one_document import portrait_among
from tests.unit.identity.pages import ORIGIN, SCALE, beside, front, lines_of

CORNERS = ((0.0, 0.0), (CARD[0], 0.0), CARD, (0.0, CARD[1]))
SIZE = (1600, 1200)
PORTRAIT = (62.0, 13.0, 75.0, 27.0)


def layout() -> Layout:
    found = layout_of(DocumentType.RESIDENT_ID, "front")
    assert found is not None
    return found


def found(**printed: Any) -> FoundDocument:
    document = find_document(layout(), lines_of(*front(**printed)))
    assert document is not None
    return document


def face(left: float, top: float, right: float, bottom: float) -> FaceBox:
    """A face at a place on the card."""
    x, y = (ORIGIN[0] + SCALE * left) / SIZE[0], (ORIGIN[1] + SCALE * top) / SIZE[1]
    return FaceBox(x, y, SCALE * (right - left) / SIZE[0], SCALE * (bottom - top) / SIZE[1], 99.0)


@given(
    scale=st.floats(6.0, 24.0),
    degrees=st.floats(-4.0, 4.0),
    narrowing=st.floats(-0.12, 0.12),
    x=st.floats(-50.0, 400.0),
    y=st.floats(-50.0, 400.0),
)
def test_a_card_is_found_wherever_it_lies(scale: float, degrees: float, narrowing: float, x: float, y: float) -> None:
    """Scaled, turned and with its far edge shorter, the outline is right to six millimetres."""
    turn = complex(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))

    def to_pixel(across: float, down: float) -> tuple[float, float]:
        smaller = 1 - narrowing * (1 - down / CARD[1])
        pixel = complex(x, y) + scale * turn * complex((across - CARD[0] / 2) * smaller + CARD[0] / 2, down)
        return pixel.real, pixel.imag

    document = find_document(layout(), lines_of(*front(), to_pixel=to_pixel))
    assert document is not None
    for corner in CORNERS:
        assert math.dist(document.placement.on_photo(corner), to_pixel(*corner)) < 6 * scale
        back = document.placement.on_document(document.placement.on_photo(corner))
        assert math.dist(back, corner) < 1e-6


def test_a_form_with_the_same_labels_does_not_move_the_card() -> None:
    """Labels elsewhere, in the same order, are not at their places."""
    labels = [beside(text, 5.0, -40.0 + 5 * row) for row, text in enumerate(("姓名", "性别", "出生", "住址"))]
    document = find_document(layout(), lines_of(*labels, *front()))
    assert document is not None
    assert math.dist(document.placement.on_photo((0, 0)), ORIGIN) < SCALE


def test_labels_in_other_places_are_no_card() -> None:
    """One below the other at the left edge, as on a typed sheet, they fit no layout."""
    labels = [
        beside(text, 5.0, 16.0 * row)
        for row, text in enumerate(("公民身份号码420106198611190025", "住址", "出生", "性别", "姓名"))
    ]
    assert find_document(layout(), lines_of(*labels)) is None
    assert find_document(layout(), []) is None


def test_the_portrait_is_the_face_at_its_place() -> None:
    """Alone it is taken; where there is none, or one of another size or in another place, it is missing."""
    document = found()
    portrait = face(*PORTRAIT)
    assert portrait_among([portrait], document, SIZE, 0.0) == portrait
    for faces in ([], [face(20, 13, 33, 27)], [face(90, 13, 103, 27)], [face(55, 5, 82, 38)], [face(68, 20, 70, 22)]):
        assert portrait_among(faces, document, SIZE, 0.0) == "PORTRAIT_MISSING"


def test_a_second_face() -> None:
    """Beside the portrait, on the card or outside, larger or smaller: the photo shows two people."""
    portrait, document = face(*PORTRAIT), found()
    for other in (face(20, 20, 24, 24), face(90, 0, 130, 45), face(10, -30, 25, -14), face(5, 60, 12, 68)):
        for faces in ([portrait, other], [other, portrait]):
            assert portrait_among(faces, document, SIZE, 0.0) == "MORE_THAN_ONE_FACE"


def test_a_face_on_a_photo_that_lies_askew() -> None:
    """Faces are found on the photo, lines on the levelled one: a turn brings both together."""
    tilt = math.radians(12)
    portrait = face(*PORTRAIT)
    x = (portrait.left + portrait.width / 2) * SIZE[0] - SIZE[0] / 2
    y = (portrait.top + portrait.height / 2) * SIZE[1] - SIZE[1] / 2
    turned_x = x * math.cos(tilt) - y * math.sin(tilt) + SIZE[0] / 2
    turned_y = x * math.sin(tilt) + y * math.cos(tilt) + SIZE[1] / 2
    askew = portrait._replace(
        left=turned_x / SIZE[0] - portrait.width / 2, top=turned_y / SIZE[1] - portrait.height / 2
    )
    assert portrait_among([askew], found(), SIZE, tilt) == askew


def test_without_a_known_layout_no_face_is_the_portrait() -> None:
    """Only a reviewer can say whose it is. A ghost image is smaller; a second face of its size is another person."""
    large, small = face(10, 10, 24, 24), face(60, 30, 66, 36)
    assert portrait_among([small, large], None, SIZE, 0.0) is None
    assert portrait_among([large, face(60, 10, 73, 23)], None, SIZE, 0.0) == "MORE_THAN_ONE_FACE"
    assert portrait_among([], None, SIZE, 0.0) == "PORTRAIT_MISSING"
