"""The recogniser on drawn photographs, and what it refuses to say."""

from __future__ import annotations

import pytest

from hub import clock
from regional_services.idverify import engine
from regional_services.idverify.reading import LONG, Line, Problem, read
from sandbox import idcards
from sandbox.idcards import Shot
from tests.idverify.world import card_of, needs_font


def lines(*texts: str, score: float = 0.99) -> list[Line]:
    """Printed lines, one below the other."""
    return [Line(text, score, 300, 60 + 70 * row, 400, 40, 0.0) for row, text in enumerate(texts)]


def front_lines(number: str, *, name: str = "姓名欧阳小明", birth: str = "出生1990年1月1日") -> list[Line]:
    return lines(name, "性别男民族汉", birth, "住址云栖市云栖区", "梧桐路128弄", f"公民身份号码{number}")


@needs_font
@pytest.mark.parametrize("shot", [Shot(tilt=6, blur=1.2, glare=0.6), Shot(turn=1)], ids=["tilted", "sideways"])
def test_a_readable_card_gives_its_fields(shot: Shot) -> None:
    card = card_of("欧阳小明")
    reading = engine.recognise(idcards.photograph(idcards.front(card), shot, seed=3), "front", today=clock.today())
    assert {name: found.text for name, found in reading.fields.items()} == {
        "name": card.name,
        "number": card.number,
        "sex": "男",
        "ethnicity": "汉",
        "birth_date": "1990-01-01",
        "address": card.address,
    }
    assert all(0 < found.score <= 1 for found in reading.fields.values())


@needs_font
def test_an_unreadable_card_gives_nothing() -> None:
    picture = idcards.photograph(idcards.front(card_of("欧阳小明")), Shot(blur=9))
    reading = engine.recognise(picture, "front", today=clock.today())
    assert reading.problem is not None
    assert reading.fields == {}


@needs_font
def test_a_picture_too_dark_is_for_a_persons_eyes() -> None:
    """At 20 % of the light the recogniser is sure of names it misreads: nothing is taken from it, at 40 % it reads."""
    card = idcards.front(card_of("欧阳小明"))
    dark = engine.recognise(idcards.photograph(card, Shot(light=0.3)), "front", today=clock.today())
    assert (dark.problem, dark.fields) == (Problem.DIM, {})
    dusk = engine.recognise(idcards.photograph(card, Shot(light=0.4)), "front", today=clock.today())
    assert dusk.fields["name"].text == "欧阳小明"


def test_fields_come_from_lines() -> None:
    number = card_of("欧阳小明").number
    fields = read(front_lines(number), "front", today=clock.today()).fields
    assert fields["address"].text == "云栖市云栖区梧桐路128弄"
    assert (fields["number"].text, fields["birth_date"].text) == (number, "1990-01-01")
    back = lines("中华人民共和国", "居民身份证", "签发机关云栖市公安局", "有效期限2015.01.02-长期")
    fields = read(back, "back", today=clock.today()).fields
    assert (fields["authority"].text, fields["valid_until"].text) == ("云栖市公安局", LONG)


def test_what_is_not_certain_is_not_said() -> None:
    """A digit misread breaks the check character; a name under the bar, the wrong side, nothing of a card at all."""
    number, today = card_of("欧阳小明").number, clock.today()
    wrong = number[:10] + str((int(number[10]) + 1) % 10) + number[11:]
    assert read(front_lines(wrong), "front", today=today).problem is Problem.NUMBER
    unsure = [*lines("姓名欧阳小明", score=0.6), *front_lines(number)[1:]]
    assert read(unsure, "front", today=today).problem is Problem.NAME
    assert read(front_lines(number), "back", today=today).problem is Problem.BACK_WANTED
    assert read(lines("超市小票", "合计 12.50"), "front", today=today).problem is Problem.NO_CARD
    half = lines("居民身份证", "签发机关云栖市公安局", "有效期限2015.01.02-2035.13.40")
    assert read(half, "back", today=today).problem is Problem.VALIDITY


def test_a_printed_field_that_contradicts_the_number_stays_empty() -> None:
    fields = read(
        front_lines(card_of("欧阳小明").number, birth="出生1991年1月1日"), "front", today=clock.today()
    ).fields
    assert "birth_date" not in fields
