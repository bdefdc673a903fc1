"""Every task says for whom it works, and is held to it: found in Celery's own registry, so that none is forgotten."""

from __future__ import annotations

import inspect

import pytest
from celery import Celery, Task

from hub.celery import app
from hub.tenancy.errors import ScopeMisuse, UnknownHospital
from hub.tenancy.scope import hospital
from hub.tenancy.tasks import SCOPES, DistrictTask, HospitalTask, RegionTask

ACROSS = {
    "booking.sweep": "resumes stuck bookings, whose hold lies with their hospital",
    "booking.resync": "compares a restored hospital with what public knows of it",
    "directory.tidy_photos": "removes photographs no row of their hospital names any more",
    "leaving.drop_schemas": "removes the schema of a hospital that left",
    "leaving.sweep": "takes the stages of a hospital's leaving",
    "closures.carry_on": "stops the days of the hospitals a closure names",
    "scheduling.merge_shares": "gives every hospital's unused shares back to its pool",
    "waitlist.sweep": "offers what became free in any hospital to who waits for it",
    "noshow.count": "asks the hospitals who came to their visits",
    "recovery.nightly": "backs everything up",
    "registry.apply_rules": "puts a hospital's changed rules in force",
    "registry.sweep": "takes up joinings nobody is at",
    "keys.reencrypt": "a hospital's values lie in its schema and in public",
    "queueing.days": "sends every hospital's day on its way",
    "queueing.tick": "what time does in the queues of all hospitals",
    "registry.carry_on": "makes and opens a hospital's place",
    "tenants.directory.tasks.refresh_directories": "asks every connected hospital for its directory",
}
"""The tasks that may go from hospital to hospital, and why each must."""


def _tasks() -> dict[str, Task]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith(("celery.", "tests."))}


TASKS = _tasks()
OF_HOSPITALS = sorted(name for name, task in TASKS.items() if isinstance(task, HospitalTask))
OF_REGION = sorted(name for name, task in TASKS.items() if isinstance(task, RegionTask))


def test_every_task_declares_its_scope() -> None:
    assert OF_HOSPITALS
    assert OF_REGION
    assert [name for name, task in TASKS.items() if not isinstance(task, SCOPES)] == []


@pytest.mark.control("CES1-09/15")
def test_who_may_go_from_hospital_to_hospital_is_known_by_name() -> None:
    assert {name for name, task in TASKS.items() if isinstance(task, DistrictTask)} == set(ACROSS)


def test_tasks_of_hospitals_take_their_hospital_by_name() -> None:
    """A position could be another argument tomorrow."""
    for name in OF_HOSPITALS:
        parameter = inspect.signature(TASKS[name].run).parameters["hospital"]
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, name


@pytest.mark.control("CES1-10/17")
@pytest.mark.parametrize("name", OF_HOSPITALS)
def test_a_hospitals_task_refuses_without_a_hospital(committed: None, name: str) -> None:
    task = TASKS[name]
    for arguments in ({}, {"hospital": "nowhere"}, {"hospital": ""}):
        with pytest.raises(UnknownHospital):
            task.apply_async(kwargs=arguments)
        with pytest.raises(UnknownHospital):
            task(**arguments)


application = Celery("tests", broker="memory://", backend="cache+memory://", set_as_current=False)


@application.task(base=RegionTask)  # type: ignore[untyped-decorator]
def look_in(code: str, *, read_only: bool) -> str:
    with hospital(code, read_only=read_only) as info:
        return str(info.code)


@application.task(base=HospitalTask)  # type: ignore[untyped-decorator]
def look_aside(other: str, *, hospital: str) -> str:
    return f"{_visited(hospital)} {_visited(other)}"


def _visited(code: str) -> str:
    with hospital(code, read_only=True) as info:
        return str(info.code)


@pytest.mark.control("CES1-10/17")
def test_a_region_task_reads_hospitals_and_writes_none(alpha: str) -> None:
    assert look_in(alpha, read_only=True) == alpha
    with pytest.raises(ScopeMisuse, match="bound to the region"):
        look_in(alpha, read_only=False)
    assert _visited(alpha) == alpha, "the bond ends with the task"


@pytest.mark.control("CES1-10/17")
def test_a_hospitals_task_reaches_no_other_hospital(alpha: str, beta: str) -> None:
    assert look_aside(alpha, hospital=alpha) == f"{alpha} {alpha}"
    with pytest.raises(ScopeMisuse, match="bound to hospital"):
        look_aside(beta, hospital=alpha)
