"""The Helm chart: linted, rendered with every values file and checked document by document, without a cluster."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import yaml

from tools.catalogue import ROOT

CHART = ROOT / "charts" / "health-district-hub"
KUBERNETES = ("1.29", "1.33")  # the oldest the chart promises, and a recent one
_INFORMATION = 1
_OF_OPERATORS = frozenset({"monitoring.coreos.com/v1"})  # kinds Kubernetes itself does not know

Document = dict[str, Any]


def values_files() -> list[Path]:
    """The defaults and each variation of them."""
    return [CHART / "values.yaml", *sorted(CHART.glob("values-*.yaml"))]


def values_of(path: Path) -> Document:
    """What a values file sets; an empty one sets nothing."""
    found: Document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return found


@lru_cache
def _chart() -> helm_python.Chart:
    return helm_python.Chart.load(CHART)


def rendered(values: Document) -> tuple[tuple[str, Document], ...]:
    """Template and document, as an installation would send them."""
    return _rendered(json.dumps(values, sort_keys=True))


@lru_cache
def _rendered(values: str) -> tuple[tuple[str, Document], ...]:
    manifests = _chart().render(json.loads(values), name="hub", namespace="hub", is_install=True)
    return tuple(
        (template.split("/templates/")[-1], document)
        for template, text in sorted(manifests.items())
        for document in yaml.load_all(text, Loader=yaml.CSafeLoader)
        if document
    )


def problems_of(values: Document) -> Iterator[str]:
    """What is wrong with the chart under these values."""
    report = helm_python.lint(CHART, values, strict=True)
    yield from (f"{m['path']}: {m['error']}" for m in report["messages"] if m["severity"] > _INFORMATION)
    try:
        documents = rendered(values)
    except helm_python.HelmError as problem:
        yield str(problem)
        return
    for template, document in documents:
        if document["apiVersion"] not in _OF_OPERATORS:
            yield from (f"{template}: {line}" for line in _invalid(json.dumps(document, sort_keys=True)))


@cache  # most documents are the same under every values file, and each look reads the schemas anew
def _invalid(written: str) -> tuple[str, ...]:
    return tuple(_complaints(json.loads(written)))


def _complaints(document: Document) -> Iterator[str]:
    for version in KUBERNETES:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as problem:
            what = f"{document['kind']} {document['metadata']['name']}"
            yield f"{what} is none of Kubernetes {version}: {getattr(problem, 'message', problem)}"


def problems() -> Iterator[str]:
    """Under the defaults and every values file."""
    for path in values_files():
        yield from (f"{path.name}: {line}" for line in problems_of(values_of(path)))


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or 0)
