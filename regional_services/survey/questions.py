"""What a questionnaire may ask. A question's key is made of its wording: changed wording is another question."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from hub.errors import InvalidInput

MOST = 12
LONGEST = 60
LONGEST_ANSWER = 500
STARS = ("1", "2", "3", "4", "5")


class Kind(StrEnum):
    """How a question is answered."""

    STARS = "stars"
    CHOICE = "choice"
    TEXT = "text"

    @property
    def label(self) -> str:
        """What staff read."""
        return {"stars": "打分（1-5 星）", "choice": "单选", "text": "文字"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question in one wording."""

    text: str
    kind: Kind
    required: bool = True
    options: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Twelve characters that stay while wording, kind and options stay."""
        wording = "\n".join([self.kind, self.text, *self.options])
        return hashlib.sha256(wording.encode()).hexdigest()[:12]

    @property
    def marks(self) -> list[tuple[str, str]]:
        """(value, words) of what can be marked; empty for words."""
        if self.kind is Kind.STARS:
            return [(star, f"{star} 星") for star in STARS]
        return [(str(place), words) for place, words in enumerate(self.options, start=1)]

    def problem(self, answer: str) -> str:
        """What is wrong with an answer; empty when it can stand."""
        if not answer:
            return "这一题必须回答。" if self.required else ""
        if self.kind is Kind.TEXT:
            return "" if len(answer) <= LONGEST_ANSWER else f"不超过 {LONGEST_ANSWER} 字。"
        return "" if answer in dict(self.marks) else "请从给出的选项中选择。"


DEFAULT = (
    Question(text="您对本次就诊总体满意吗？", kind=Kind.STARS),
    Question(text="您对接诊医生满意吗？", kind=Kind.STARS),
    Question(text="从到院到看上医生，等候时间可以接受吗？", kind=Kind.CHOICE, options=("可以接受", "有点长", "太长了")),
    Question(text="您还有什么想对医院说的？", kind=Kind.TEXT, required=False),
)


def stored(questions: tuple[Question, ...]) -> list[dict[str, Any]]:
    """As a version keeps them."""
    return [
        {**asdict(question), "kind": question.kind.value, "options": list(question.options)} for question in questions
    ]


def restored(rows: list[dict[str, Any]]) -> tuple[Question, ...]:
    """The other way round."""
    return tuple(
        Question(text=row["text"], kind=Kind(row["kind"]), required=row["required"], options=tuple(row["options"]))
        for row in rows
    )


def read(values: Mapping[str, str]) -> tuple[Question, ...]:
    """The questions of an editor's form (`text-1`, `kind-1`, `options-1`, `required-1`, ..); a row without text is left
    out. InvalidInput names each row at fault."""
    found, problems = [], {}
    for place in range(1, MOST + 1):
        text = values.get(f"text-{place}", "").strip()
        if not text:
            continue
        kind, options = values.get(f"kind-{place}", ""), _options(values.get(f"options-{place}", ""))
        if len(text) > LONGEST or kind not in list(Kind):
            problems[f"text-{place}"] = f"问题不超过 {LONGEST} 字，并选择题型。"
        elif kind == Kind.CHOICE and not 2 <= len(options) <= 8:
            problems[f"text-{place}"] = "单选题要有 2 到 8 个选项，用顿号隔开。"
        else:
            chosen = options if kind == Kind.CHOICE else ()
            required = values.get(f"required-{place}") == "1"
            found.append(Question(text=text, kind=Kind(kind), required=required, options=chosen))
    if not found and not problems:
        problems["text-1"] = "至少要有一个问题。"
    if len({question.key for question in found}) < len(found):
        problems["text-1"] = "有两个问题完全相同。"
    if problems:
        raise InvalidInput(fields=problems)
    return tuple(found)


def _options(text: str) -> tuple[str, ...]:
    return tuple(part.strip()[:20] for part in text.replace("，", "、").replace(",", "、").split("、") if part.strip())
