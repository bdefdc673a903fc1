"""Tasks, cache keys and object keys carry the hospital."""

from __future__ import annotations

from uuid import UUID

import pytest
from celery import Celery
from django.core.cache import cache

from hub.tenancy.context import on_host
from hub.tenancy.errors import UnknownHospital
from hub.tenancy.keys import cache_key, object_key
from hub.tenancy.scope import hospital, region
from hub.tenancy.tasks import HospitalTask
from tests.tenancy.support import add_department, departments

application = Celery("tests", broker="memory://", backend="cache+memory://", set_as_current=False)


def _listed(code: str) -> list[str]:
    with hospital(code, read_only=True):
        return departments()


def _list_departments(*, hospital: str) -> list[str]:
    return _listed(hospital)


list_departments = application.task(base=HospitalTask)(_list_departments)


def test_a_task_runs_in_the_hospital_it_names(alpha: str, beta: str) -> None:
    """And in no other."""
    add_department(alpha, "内科")
    assert list_departments.apply(kwargs={"hospital": alpha}).get() == ["内科"]
    assert list_departments.apply(kwargs={"hospital": beta}).get() == []


def test_a_task_without_a_hospital_is_neither_sent_nor_run(alpha: str) -> None:
    """Nor one that names a hospital there is not."""
    for arguments in ({}, {"hospital": "gamma"}, {"hospital": None}):
        with pytest.raises(UnknownHospital):
            list_departments.apply_async(kwargs=arguments)
        with pytest.raises(UnknownHospital):
            list_departments.apply(kwargs=arguments).get()


def test_a_cached_value_never_answers_for_another_hospital(alpha: str, beta: str) -> None:
    """One key, three worlds."""
    for code in (alpha, beta):
        with hospital(code):
            cache.set("figure", code)
    with region():
        assert cache.get("figure") is None
    with hospital(alpha):
        assert cache.get("figure") == alpha
    with on_host(beta):
        assert cache.get("figure") == beta


def test_a_session_belongs_to_its_host_whatever_scope_is_open(alpha: str) -> None:
    """Or a session first touched inside a scope would be lost."""
    key = "django.contrib.sessions.cacheabc"
    with hospital(alpha):
        inside = cache_key(key)
    assert inside == cache_key(key)
    with on_host(alpha):
        assert cache_key(key) != inside


def test_object_keys_name_the_hospital() -> None:
    """And take no path tricks."""
    identifier = UUID(int=7)
    assert object_key("renmin", "slip", identifier) == f"renmin/slip/{identifier}"
    assert object_key("region", "slip", "a.pdf") == "region/slip/a.pdf"
    for code, kind, name in (
        ("Renmin", "slip", "a"),
        ("renmin", "../x", "a"),
        ("renmin", "slip", "a/b"),
        ("renmin", "slip", ".."),
    ):
        with pytest.raises(ValueError):
            object_key(code, kind, name)
