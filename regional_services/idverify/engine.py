"""The recogniser: RapidOCR with its models out of the package, on this machine, without any network.

Imported by the worker's tasks only: the models take about 100 MB, which a web process never needs.
"""

from __future__ import annotations

import io
import math
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image
from rapidocr_onnxruntime import RapidOCR

from regional_services.idverify.reading import DIMMEST, Line, Problem, Reading, is_upside_down, marks, read

_LONGEST_SIDE = 1100
"""Pixels the recogniser needs of a whole photograph: more takes twice the time and reads no better."""


@lru_cache(maxsize=1)
def _recogniser() -> Any:
    """One of each process; one thread: a worker has neighbours, and threads that wait for each other burn time."""
    return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)


def recognise(picture: bytes, side: str, *, today: date) -> Reading:
    """The fields of one side of a card; a picture taken sideways or upside down is turned until the card stands.

    Too dark a picture gives nothing, however sure the recogniser would be: it is for a person's eyes (ADR 1063).
    """
    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    if light_of(image) < DIMMEST:
        return Reading(problem=Problem.DIM)
    lines = _lines(image)
    for turn in _turns(lines):
        turned = _lines(image.rotate(turn, expand=True))
        if not _turns(turned):
            lines = turned
            break
    return read(lines, side, today=today)


def light_of(image: Image.Image) -> float:
    """How bright the brightest twentieth of a picture is, 0 to 1: on a photographed card that is its paper."""
    return float(np.percentile(np.asarray(image.convert("L")), 95)) / 255


def _turns(lines: list[Line]) -> tuple[int, ...]:
    """By how many degrees the picture might have to be turned; none when the card stands, or when there is none."""
    if not marks(lines, "front") and not marks(lines, "back"):
        return ()
    if _is_sideways(lines):
        return (90, 270)
    return (180,) if is_upside_down(lines) else ()


def _is_sideways(lines: list[Line]) -> bool:
    return sum(line.height > line.width for line in lines if len(line.text) > 2) * 2 > sum(
        len(line.text) > 2 for line in lines
    )


def _lines(image: Image.Image) -> list[Line]:
    found, _ = _recogniser()(np.asarray(image)[:, :, ::-1])
    return [_line(box, text, float(score)) for box, text, score in found or []]


def _line(box: list[list[float]], text: str, score: float) -> Line:
    (left, top), (right, top_right), (_, _), (left_low, low) = box
    return Line(
        text=text,
        score=score,
        x=sum(point[0] for point in box) / 4,
        y=sum(point[1] for point in box) / 4,
        width=math.hypot(right - left, top_right - top),
        height=math.hypot(left_low - left, low - top),
        slope=math.atan2(top_right - top, right - left),
    )
