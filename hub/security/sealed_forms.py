"""Form fields whose text travels sealed both ways (practice 7).

The page's script seals what was typed before it is posted; a form shown again after a mistake carries the text sealed
and the script puts it back. Without script the text is posted as typed, and a form shown again comes back empty there.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict

from hub.security import sealed


class SealedTextInput(forms.TextInput):
    """A text input that never shows its value in the page's source; `label` is `<form>.<field>:<id>`."""

    def __init__(self, label: str, attrs: dict[str, Any] | None = None) -> None:
        self.label = label
        self.key = b""
        super().__init__({**(attrs or {}), "data-seal-label": label, "autocomplete": "off"})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The value goes out as ciphertext only."""
        context = super().get_context(name, None, attrs)
        if value and self.key:
            context["widget"]["attrs"]["data-sealed-value"] = sealed.seal(self.key, str(value), label=self.label)
        return context


class SealedForm(forms.Form):
    """A form some of whose fields have a SealedTextInput; made with the request instead of its POST data."""

    def __init__(self, request: HttpRequest, **options: Any) -> None:
        key = sealed.session_key(request.session)
        posted = self._opened(request.POST, key) if request.method == "POST" else None
        super().__init__(posted, **options)
        for field in self.fields.values():
            if isinstance(field.widget, SealedTextInput):
                field.widget.key = key

    def _opened(self, posted: QueryDict, key: bytes) -> QueryDict:
        data = posted.copy()
        for name, field in self.base_fields.items():
            if isinstance(field.widget, SealedTextInput) and name in data:
                data[name] = sealed.receive(key, str(data[name]), label=field.widget.label)
        return data
