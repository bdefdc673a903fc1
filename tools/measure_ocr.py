"""How well the recogniser reads: fictional cards under growing blur, tilt, glare and darkness; prints the table of
docs/idverify.md. `python -m tools.measure_ocr 20` photographs twenty cards under each condition.
"""

from __future__ import annotations

import os
import random
import sys
import time
from dataclasses import dataclass
from datetime import date

from regional_services.identity.documents import check_character
from regional_services.idverify import engine
from sandbox import idcards
from sandbox.idcards import Card, Shot

SHOTS: dict[str, Shot] = {
    "flat, sharp": Shot(),
    "tilt 5°": Shot(tilt=5),
    "tilt 12°": Shot(tilt=12),
    "tilt 20°": Shot(tilt=20),
    "sideways": Shot(turn=1),
    "upside down": Shot(turn=2),
    "blur 2 px": Shot(blur=2),
    "blur 3 px": Shot(blur=3),
    "blur 4 px": Shot(blur=4),
    "blur 6 px": Shot(blur=6),
    "glare 60 %": Shot(glare=0.6),
    "glare 95 %": Shot(glare=0.95),
    "light 70 %": Shot(light=0.7),
    "light 50 %": Shot(light=0.5),
    "light 40 %": Shot(light=0.4),
    "light 30 %": Shot(light=0.3),
    "light 20 %": Shot(light=0.2),
    "tilt 6°, blur 1.5, glare 60 %": Shot(tilt=6, blur=1.5, glare=0.6, quality=70),
}
_FAMILIES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高欧阳司徒"
_GIVEN = "伟芳娜敏静丽强磊洋艳勇杰娟涛明超霞平刚桂兰昱淼翊婧懿睿瑾"
_PLACES = ("梧桐路", "青云街", "望江路", "听雨巷", "南北大道")


@dataclass
class Tally:
    """Of one condition: photographs, fields read right, photographs asked for again, wrong values that were let by."""

    fronts: int = 0
    right: int = 0
    again: int = 0
    wrong: int = 0
    address_right: int = 0
    backs: int = 0
    backs_right: int = 0
    backs_again: int = 0
    seconds: float = 0.0


def card(chance: random.Random) -> Card:
    """A card of nobody."""
    born = date(chance.randint(1945, 2004), chance.randint(1, 12), chance.randint(1, 28))
    place = chance.randint(1, 998)
    first = f"310199{born:%Y%m%d}{place:03d}"
    name = chance.choice(_FAMILIES) + "".join(chance.choices(_GIVEN, k=chance.choice((1, 2, 2))))
    return Card(
        name=name,
        sex="男" if place % 2 else "女",
        ethnicity=chance.choice(("汉", "汉", "汉", "回", "满", "维吾尔")),
        birth=(born.year, born.month, born.day),
        address=f"云栖市云栖区{chance.choice(_PLACES)}{chance.randint(1, 999)}弄{chance.randint(1, 99)}号",
        number=first + check_character(first),
        validity=chance.choice(("2020.03.02-2040.03.02", "2015.11.30-长期")),
    )


def measure(shot: Shot, cards: list[Card]) -> Tally:
    """Both sides of every card under one condition."""
    tally, today = Tally(), date(2026, 11, 21)
    for seed, one in enumerate(cards):
        front = idcards.photograph(idcards.front(one), shot, seed=seed)
        started = time.perf_counter()
        reading = engine.recognise(front, "front", today=today)
        tally.seconds += time.perf_counter() - started
        said = {name: found.text for name, found in reading.fields.items()}
        tally.fronts += 1
        tally.again += reading.problem is not None
        agrees = (said.get("name"), said.get("number")) == (one.name, one.number)
        tally.right += agrees
        tally.wrong += reading.problem is None and not agrees
        tally.address_right += said.get("address") == one.address
        back = engine.recognise(idcards.photograph(idcards.back(one), shot, seed=seed + 1000), "back", today=today)
        validity = f"{one.validity[:10].replace('.', '-')}"
        tally.backs += 1
        tally.backs_again += back.problem is not None
        tally.backs_right += back.problem is None and back.fields["valid_from"].text == validity
    return tally


def main() -> None:
    """Print a table in Markdown."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    chance = random.Random(4)  # noqa: S311 - names of nobody
    cards = [card(chance) for _ in range(count)]
    print(f"{count} cards, {os.cpu_count()} cores, recogniser rapidocr-onnxruntime 1.4.4\n")
    print("| photograph | name and number right | asked again | wrong | address right | back right | s each |")
    print("|---|---|---|---|---|---|---|")
    for title, shot in SHOTS.items():
        tally = measure(shot, cards)
        print(
            f"| {title} | {tally.right}/{tally.fronts} | {tally.again} | {tally.wrong} | {tally.address_right} |"
            f" {tally.backs_right} (again {tally.backs_again}) | {tally.seconds / tally.fronts:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
