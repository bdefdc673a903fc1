"""What the chart promises, read from what it renders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import helm_python
import pytest
from django.conf import settings
from django.core.management import get_commands

from tests.harness.environment import ROOT
from tools import chart
from tools.chart import Document

ALL = [pytest.param(chart.values_of(path), id=path.stem) for path in chart.values_files()]
DEFAULTS = chart.values_of(chart.CHART / "values.yaml")
EVERY_VARIATION = pytest.mark.parametrize("values", ALL)


def of_kind(values: Document, kind: str) -> dict[str, Document]:
    """Documents of a kind by name."""
    return {doc["metadata"]["name"]: doc for _, doc in chart.rendered(values) if doc["kind"] == kind}


def pods(values: Document) -> dict[str, Document]:
    """Pod templates by component."""
    templates = [doc["spec"]["template"] for kind in ("Deployment", "Job") for doc in of_kind(values, kind).values()]
    return {template["metadata"]["labels"]["app.kubernetes.io/component"]: template for template in templates}


def containers(pod: Document) -> list[Document]:
    """All containers of a pod, the first ones too."""
    found: list[Document] = [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]
    return found


def environment(pod: Document) -> dict[str, Any]:
    """The variables of a pod's last container: a value, or (secret, key)."""
    said = {}
    for entry in containers(pod)[-1]["env"]:
        source = entry.get("valueFrom", {}).get("secretKeyRef")
        said[entry["name"]] = (source["name"], source["key"]) if source else entry.get("value")
    return said


def commands(pod: Document) -> list[str]:
    """What its containers run."""
    return [" ".join([*one["command"], *one.get("args", ())]) for one in containers(pod)]


@EVERY_VARIATION
def test_it_is_sound_under_every_values_file(values: Document) -> None:
    assert list(chart.problems_of(values)) == []


def test_a_wrong_document_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"prots": []}}
    monkeypatch.setattr(chart, "rendered", lambda _: (("web.yaml", wrong),))
    assert any("prots" in line for line in chart.problems_of(DEFAULTS))


@EVERY_VARIATION
def test_every_process_has_its_deployment_and_every_queue_its_worker(values: Document) -> None:
    found = pods(values)
    queues = set(settings.CELERY_TASK_QUEUES)
    single = {"web", "sse", "relay", "scheduler", "synthetic", "hl7", "migration"}
    assert set(found) == {*single, *(f"worker-{q}" for q in queues)}
    for queue in queues:
        assert f"--queues={queue}" in commands(found[f"worker-{queue}"])[0]
    assert of_kind(values, "Deployment")["hub-scheduler"]["spec"]["replicas"] == 1
    assert of_kind(values, "Deployment")["hub-scheduler"]["spec"]["strategy"] == {"type": "Recreate"}
    ours = {name for name, app in get_commands().items() if not app.startswith("django")}
    said = re.findall(r"manage\.py (\w+)", "\n".join(line for pod in found.values() for line in commands(pod)))
    assert set(said) >= {"relay", "hl7_listener", "synthetic", "migrate_hub", "verify_grants"}
    assert set(said) <= ours
    manual = (ROOT / "docs" / "operations.zh.md").read_text(encoding="utf-8")
    assert set(re.findall(r"deploy/(hub-[a-z0-9-]+)", manual)) <= set(of_kind(values, "Deployment"))


@EVERY_VARIATION
def test_only_who_makes_schemas_knows_the_owner_and_nobody_visits_them(values: Document) -> None:
    knows = {name for name, pod in pods(values).items() if "HUB_OWNER_DATABASE_URL" in environment(pod)}
    assert knows == {"migration", "worker-institutions"}
    assert "--queues=institutions" in commands(pods(values)["worker-institutions"])[0]
    for name in knows:
        policy = of_kind(values, "NetworkPolicy")[f"hub-{name}"]
        assert {port["port"] for rule in policy["spec"].get("ingress", ()) for port in rule["ports"]} <= {9109}


def test_further_databases_come_by_reference() -> None:
    """Each process is given the logins of its own trade there, and only what makes backups the one that copies."""
    there = {"b": {"name": "hub-b", "hospitalKey": "h", "ownerKey": "o", "backupKey": "k"}}
    there["c"] = {"name": "hub-c", "hospitalKey": "h", "ownerKey": "o"}
    values = {"databases": there, "backups": {"claimName": "backups"}}
    assert list(chart.problems_of(values)) == []
    found = {name: environment(pod) for name, pod in pods(values).items()}
    for name, said in found.items():
        if name in ("sse", "scheduler"):
            assert "HUB_HOSPITAL_DATABASES" not in said
            continue
        assert said["HUB_HOSPITAL_DATABASES"] == "b,c"
        assert said["HUB_HOSPITAL_DATABASE_URL_B"] == ("hub-b", "h")
        owns = name in ("migration", "worker-institutions")
        assert said.get("HUB_OWNER_DATABASE_URL_C") == (("hub-c", "o") if owns else None)
        copies = {key for key in said if key.startswith("HUB_BACKUP_DATABASE_URL_")}
        assert copies == ({"HUB_BACKUP_DATABASE_URL_B"} if name == "worker-institutions" else set())
    assert list(chart.problems_of({"databases": {"b": {"name": "hub-b"}}})), "a login is missing"


@EVERY_VARIATION
def test_the_migration_runs_before_the_rest(values: Document) -> None:
    job = of_kind(values, "Job")["hub-migration"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert "manage.py migrate_hub" in commands(job["spec"]["template"])[0]


@EVERY_VARIATION
def test_processes_hold_no_more_than_they_need(values: Document) -> None:
    for name in ("sse", "scheduler"):
        said = environment(pods(values)[name])
        assert not {"HUB_KEYRING", "HUB_S3_SECRET_KEY"} & set(said)
        assert said["HUB_REGION_DATABASE_URL"] == "postgresql://none:none@127.0.0.1:1/none"
    assert "HUB_S3_SECRET_KEY" not in environment(pods(values)["hl7"])


@pytest.mark.control("CES1-17/29")
@EVERY_VARIATION
def test_no_container_is_more_than_it_must_be(values: Document) -> None:
    for name, pod in pods(values).items():
        whole = pod["spec"]["securityContext"]
        assert whole["runAsNonRoot"] is True, name
        assert whole["runAsUser"] > 0
        assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["serviceAccountName"] in of_kind(values, "ServiceAccount")
        for container in containers(pod):
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"] is True
            assert own["allowPrivilegeEscalation"] is False
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]


@EVERY_VARIATION
def test_every_serving_process_is_probed(values: Document) -> None:
    for name, deployment in of_kind(values, "Deployment").items():
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        assert "livenessProbe" in container, name
    web = containers(pods(values)["web"])[0]
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert web["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert web["readinessProbe"]["httpGet"]["httpHeaders"] == [
        {"name": "Host", "value": environment(pods(values)["web"])["HUB_BASE_HOST"]}
    ]


def _variables() -> set[str]:
    """What settings read."""
    text = "".join(path.read_text() for path in (ROOT / "hub" / "settings").glob("*.py"))
    return set(re.findall(r'"(HUB_[A-Z0-9_]+)"', text))


@EVERY_VARIATION
def test_every_variable_is_one_that_settings_read(values: Document) -> None:
    said = {name for pod in pods(values).values() for name in environment(pod) if name.startswith("HUB_")}
    assert said <= _variables()


@pytest.mark.control("MLPS/42")
@EVERY_VARIATION
def test_secrets_are_named_and_never_written(values: Document) -> None:
    assert of_kind(values, "Secret") == {}
    secret = re.compile(r"(_KEY|_SECRET|PASSWORD|REDIS_URL|DATABASE_URL)$")
    for pod in pods(values).values():
        for name, value in environment(pod).items():
            if secret.search(name) and "127.0.0.1:1/none" not in str(value):
                assert isinstance(value, tuple), f"{name} stands in the manifest"


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


@pytest.mark.control("CES1-18/30", "8.1.3.2/52")
@EVERY_VARIATION
def test_nothing_may_talk_that_is_not_named(values: Document) -> None:
    policies = of_kind(values, "NetworkPolicy")
    deny = policies.pop("hub-default-deny")
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & set(deny["spec"])
    assert {policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for policy in policies.values()}
    for policy in policies.values():
        for rule in (*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())):
            assert rule.get("from") or rule.get("to"), "no peers would mean everybody"
            assert rule["ports"]
    internet = {name for name, policy in policies.items() if "0.0.0.0/0" in _leaves(policy["spec"].get("egress"))}
    assert internet == {"hub-relay"}
    database = {name for name, policy in policies.items() if 5432 in _leaves(policy["spec"].get("egress"))}
    assert not database & {"hub-sse", "hub-scheduler"}
    visited = {name for name, policy in policies.items() if policy["spec"].get("ingress")}
    assert not visited & {"hub-scheduler", "hub-migration"}


@EVERY_VARIATION
def test_hospitals_hosts_and_the_hubs_lead_to_the_web(values: Document) -> None:
    (ingress,) = of_kind(values, "Ingress").values()
    assert {rule["host"] for rule in ingress["spec"]["rules"]} == {"hub.example", "*.hub.example"}
    for rule in ingress["spec"]["rules"]:
        ways = {way["path"]: way["backend"]["service"]["name"] for way in rule["http"]["paths"]}
        assert ways == {"/events/": "hub-sse", "/line/": "hub-sse", "/": "hub-web"}
    ports = {name: {p["name"] for p in doc["spec"]["ports"]} for name, doc in of_kind(values, "Service").items()}
    assert ports == {"hub-web": {"http"}, "hub-sse": {"http"}, "hub-hl7": {"mllp"}}


def test_many_replicas_have_budgets_and_grow() -> None:
    values = chart.values_of(chart.CHART / "values-ha-postgres.yaml")
    grown = of_kind(values, "HorizontalPodAutoscaler")
    assert set(grown) == {"hub-web", "hub-sse", "hub-relay", "hub-worker-exchange"}
    for name in grown:
        assert "replicas" not in of_kind(values, "Deployment")[name]["spec"], "it would fight the autoscaler"
    assert "hub-scheduler" not in of_kind(values, "PodDisruptionBudget")
    assert of_kind(chart.values_of(chart.CHART / "values-one-node.yaml"), "PodDisruptionBudget") == {}


def test_citus_is_checked_before_anything_starts() -> None:
    values = chart.values_of(chart.CHART / "values-citus.yaml")
    assert any("check_citus" in line for line in commands(pods(values)["migration"]))
    assert not any("check_citus" in line for line in commands(pods({})["migration"]))


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (("secrets", "django"), {"name": "x", "key": "y", "value": "a secret"}),
        (("objects",), {"endpoint": "s3.example:443", "bucket": "hub", "secure": True, "secretKey": "a secret"}),
        (("hub", "publicOrigin"), "http://hub.example"),
        (("hub", "outside", "sms"), "https://user:password@sms.example"),
        (("network", "database"), {"peers": [], "ports": [5432]}),
        (("workers", "unheard-of"), DEFAULTS["workers"]["jobs"]),
        (("web", "replica"), 3),
    ],
)
def test_values_that_are_wrong_or_hold_a_secret_are_refused(where: tuple[str, ...], what: Any) -> None:
    values = deepcopy(DEFAULTS)
    place = values
    for name in where[:-1]:
        place = place[name]
    place[where[-1]] = what
    with pytest.raises(helm_python.HelmError):
        chart.rendered(values)
