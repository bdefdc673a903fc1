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

from regional_services.idverify.reading import Line, Problem, Reading, is_upside_down, marks, read

_TURNS = (0, 90, 270, 180)


@lru_cache(maxsize=1)
def _recogniser() -> Any:
    """One of each process; two threads each, so that a worker leaves room for its neighbours."""
    return RapidOCR(intra_op_num_threads=2, inter_op_num_threads=1)


def recognise(picture: bytes, side: str, *, today: date) -> Reading:
    """The fields of one side of a card; a picture taken sideways or upside down is turned until the card stands."""
    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    best: Reading | None = None
    for turn in _TURNS:
        lines = _lines(image.rotate(turn, expand=True) if turn else image)
        standing = not is_upside_down(lines) and not _is_sideways(lines)
        if standing and (marks(lines, "front") or marks(lines, "back")):
            reading = read(lines, side, today=today)
            if reading.problem is None:
                return reading
            best = best or reading
            break
    return best or Reading(problem=Problem.NO_CARD)


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
