"""The generated files of the components: they follow from processes, connections, secrets and the round's calendar."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from deploy.k8s.calendar import Window, of_round, openings
from deploy.k8s.compose import FILE, MONGOD, compose
from deploy.matrix import BACKED_UP, DEFINITIONS, MANAGEMENT, places, policies
from deploy.processes import PROCESSES, Process
from deploy.secrets.inventory import secrets
from kernel.reference import round_data

COMPONENTS = Path(__file__).resolve().parent / "components"
_CPU_PERCENT = 65
_BEHAVIOUR = {
    "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 4, "periodSeconds": 30}]},
    "scaleDown": {"stabilizationWindowSeconds": 300, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
}
"""Up at once; down by one a minute after five quiet minutes."""
_CONFINED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_AS_NOBODY = {
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "runAsGroup": 10001,
    "fsGroup": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_BACKUP_DISK = "200Gi"


def files() -> Iterator[tuple[Path, str]]:
    """Each file and its text."""
    yield COMPONENTS / "network" / "policies.yaml", _text("deploy/matrix.py", policies())
    yield COMPONENTS / "network" / "places.yaml", _head("deploy/matrix.py") + yaml.safe_dump(_replacements())
    scaled = [process for process in PROCESSES if process.scaled]
    yield COMPONENTS / "autoscale" / "scalers.yaml", _text("deploy/processes.py", map(autoscaler, scaled))
    yield (
        COMPONENTS / "calendar" / "scalers.yaml",
        _text("the round of 2024", calendar_scalers(scaled, round_data(2024))),
    )
    several = [process for process in PROCESSES if not process.single]
    yield COMPONENTS / "disruption" / "budgets.yaml", _text("deploy/processes.py", map(budget, several))
    yield FILE, _text("deploy/processes.py", [compose()])
    nightly = (document for number, name in enumerate(BACKED_UP) for document in backup(name, number))
    yield COMPONENTS / "backup" / "cronjobs.yaml", _text("deploy/matrix.py", nightly)
    yield COMPONENTS / "rabbitmq" / "definitions.yaml", _text("deploy/secrets/inventory.py", broker_definitions())
    yield COMPONENTS / "external-secrets" / "secrets.yaml", _text("deploy/secrets/inventory.py", external_secrets())


def autoscaler(process: Process) -> dict[str, Any]:
    """The HorizontalPodAutoscaler of a process."""
    target = {"type": "Utilization", "averageUtilization": _CPU_PERCENT}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": process.name},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": process.name},
            "minReplicas": process.least,
            "maxReplicas": process.most,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            "behavior": _BEHAVIOUR,
        },
    }


def calendar_scalers(scaled: Sequence[Process], round_: dict[str, Any]) -> list[dict[str, Any]]:
    """The ScaledObjects (KEDA) of processes: by load, and by the round's deadlines whatever the load."""
    return [_calendar_scaler(process, round_) for process in scaled]


def _calendar_scaler(process: Process, round_: dict[str, Any]) -> dict[str, Any]:
    windows = of_round(round_) + (openings(round_) if process.name == "gateway-auth" else [])
    triggers: list[dict[str, Any]] = [
        {"type": "cpu", "metricType": "Utilization", "metadata": {"value": str(_CPU_PERCENT)}}
    ]
    triggers += [_cron(window, process.deadline) for window in windows if process.deadline > process.least]
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": process.name, "annotations": {"guopei.cn/round": str(round_["year"])}},
        "spec": {
            "scaleTargetRef": {"name": process.name},
            "minReplicaCount": process.least,
            "maxReplicaCount": process.most,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _BEHAVIOUR}},
            "triggers": triggers,
        },
    }


def _cron(window: Window, replicas: int) -> dict[str, Any]:
    """KEDA's cron trigger; cron knows no year, so the file says its round."""
    times = {"start": window.cron_start, "end": window.cron_end, "timezone": "Asia/Shanghai"}
    return {"type": "cron", "metadata": times | {"desiredReplicas": str(replicas)}}


def budget(process: Process) -> dict[str, Any]:
    """The PodDisruptionBudget of a process: a node that is drained takes one pod at a time."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": process.name},
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": {"app.kubernetes.io/name": process.name}},
        },
    }


def backup(service: str, number: int) -> Iterator[dict[str, Any]]:
    """What backs up a service's database each night: a CronJob, its account, and the disk that backups are on.

    The copy is examined in a mongod of the pod's own, which begins empty and ends with it (ADR 77).

    Args:
        service: Whose database.
        number: Its place among all, so that they do not begin at one time.
    """
    name = f"{service}-backup"
    yield {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name},
        "automountServiceAccountToken": False,
    }
    yield {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "backups",
            "resources": {"requests": {"storage": _BACKUP_DISK}},
        },
    }
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": service,
        "app.kubernetes.io/part-of": "guopei-graph",
    }
    job = {"backoffLimit": 2, "template": {"metadata": {"labels": labels}, "spec": _backup_pod(service, name)}}
    yield {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {
            "schedule": f"{15 * number} 3 * * *",
            "timeZone": "Asia/Shanghai",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3_600,
            "jobTemplate": {"spec": job},
        },
    }


def _backup_pod(service: str, name: str) -> dict[str, Any]:
    url = {"valueFrom": {"secretKeyRef": {"name": service, "key": "MONGODB_URL"}}}
    take = ["deploy.backup", "take", service, "/backups", "--verify-at", "mongodb://127.0.0.1:27017/"]
    taking = {
        "name": "backup",
        "image": "guopei-graph/operations",
        "args": take,
        "env": [
            {"name": "MONGODB_URL", **url},
            {"name": "MONGODB_DATABASE", "value": service},
            {"name": "BACKUP_KEY_FILE", "value": "/run/guopei/backup.key"},
        ],
        "resources": {"requests": {"cpu": "500m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
        "securityContext": _CONFINED,
        "volumeMounts": [
            {"name": "backups", "mountPath": "/backups"},
            {"name": "key", "mountPath": "/run/guopei", "readOnly": True},
        ],
    }
    mongod = {
        "name": "empty",
        "image": MONGOD,
        "restartPolicy": "Always",  # beside the other container, and ended after it
        "command": ["mongod", "--dbpath=/data", "--bind_ip=127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB=0.5"],
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1536Mi"}},
        "securityContext": _CONFINED,
        "volumeMounts": [{"name": "copy", "mountPath": "/data"}],
    }
    return {
        "restartPolicy": "Never",  # another try is another pod, with an empty mongod
        "serviceAccountName": name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": _AS_NOBODY,
        "initContainers": [mongod],
        "containers": [taking],
        "volumes": [
            {"name": "backups", "persistentVolumeClaim": {"claimName": name}},
            {"name": "copy", "emptyDir": {"sizeLimit": _BACKUP_DISK}},
            {
                "name": "key",
                "secret": {
                    "secretName": "backup",
                    "defaultMode": 0o440,
                    "items": [{"key": "backup.key", "path": "backup.key"}],
                },
            },
        ],
    }


def broker_definitions() -> list[dict[str, Any]]:
    """The Job that gives the broker its users, rights and queues, as the administrator that its operator has made."""
    name = DEFINITIONS
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": "rabbitmq",
        "app.kubernetes.io/part-of": "guopei-graph",
    }
    administrator = [
        {"name": variable, "valueFrom": {"secretKeyRef": {"name": "rabbitmq-default-user", "key": key}}}
        for variable, key in (("RABBITMQ_USER", "username"), ("RABBITMQ_PASSWORD", "password"))
    ]
    url = f"https://$(RABBITMQ_USER):$(RABBITMQ_PASSWORD)@rabbitmq:{MANAGEMENT}"
    loading = {
        "name": "load",
        "image": "guopei-graph/operations",
        "args": ["deploy.broker", "load", "/run/guopei"],
        "env": [*administrator, {"name": "RABBITMQ_MANAGEMENT_URL", "value": url}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": _CONFINED,
        "volumeMounts": [{"name": "users", "mountPath": "/run/guopei", "readOnly": True}],
    }
    users = [{"key": entry.key, "path": entry.key} for entry in secrets()["rabbitmq-users"]]
    pod = {
        "restartPolicy": "OnFailure",
        "serviceAccountName": name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": _AS_NOBODY,
        "containers": [loading],
        "volumes": [
            {"name": "users", "secret": {"secretName": "rabbitmq-users", "defaultMode": 0o440, "items": users}}
        ],
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name},
            "automountServiceAccountToken": False,
        },
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name},
            "spec": {
                "backoffLimit": 6,
                "ttlSecondsAfterFinished": 86_400,
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
    ]


def external_secrets() -> list[dict[str, Any]]:
    """The ExternalSecrets: every Secret from the store `guopei`, key by key under its own name."""
    return [
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": {"name": name},
            "spec": {
                "refreshInterval": "1h",
                "secretStoreRef": {"kind": "SecretStore", "name": "guopei"},
                "target": {"name": name},
                "data": [{"secretKey": entry.key, "remoteRef": {"key": f"{name}/{entry.key}"}} for entry in entries],
            },
        }
        for name, entries in secrets().items()
    ]


def stale(round_: dict[str, Any], today: date) -> bool:
    """Whether a round's calendar should be generated anew: its last phase ended more than thirty days ago."""
    last = max(date.fromisoformat(phase["closes"]) for phase in round_["phases"])
    return today > last + timedelta(days=30)


def _replacements() -> list[dict[str, Any]]:
    return [
        {
            "source": {"kind": "ConfigMap", "name": "networks", "fieldPath": f"data.{key}"},
            "targets": [{"select": {"kind": "NetworkPolicy", "name": policy}, "fieldPaths": [path]}],
        }
        for key, policy, path in places()
    ]


def _head(source: str) -> str:
    return f"# Generated from {source} by `python -m deploy.k8s generate`.\n"


def _text(source: str, documents: Iterable[dict[str, Any]]) -> str:
    return _head(source) + yaml.dump_all(list(documents), Dumper=_Dumper, sort_keys=False)


class _Dumper(yaml.SafeDumper):
    """Writes values that are used twice twice: no anchors."""

    def ignore_aliases(self, _: Any) -> bool:
        return True
