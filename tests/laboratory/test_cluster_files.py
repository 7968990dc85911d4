"""The files for clusters: their syntax, the settings that they make, the commands that they run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from yeonjwa.cli import cli
from yeonjwa.laboratory.workers import ENVIRONMENT

FOLDER = Path(__file__).parents[2] / "docs" / "cluster"
SLURM, KUBERNETES = FOLDER / "slurm.sh", FOLDER / "kubernetes.yaml"
SETTINGS = {**ENVIRONMENT, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}


@pytest.mark.parametrize("file", [SLURM, KUBERNETES], ids=lambda file: file.name)
def test_commands_parse(file: Path) -> None:
    lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("yeonjwa ")]
    assert [words[:2] for words in commands] == [["ensemble", "resume"], ["ensemble", "run"]]
    for group, command, *words in commands:
        parsed = cli.commands[group].commands[command].make_context(command, words).params  # type: ignore[attr-defined]
        assert parsed["dask"]


def test_the_job_of_slurm() -> None:
    text = SLURM.read_text("utf-8")
    assert dict(re.findall(r"^export (\w+)=(\d+)$", text, re.MULTILINE)) == SETTINGS
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here: the syntax was not looked at")
    assert subprocess.run([bash, "-n", str(SLURM)], capture_output=True, text=True).stderr == ""


def test_the_objects_of_kubernetes() -> None:
    yaml = pytest.importorskip("yaml")
    objects = {
        (row["kind"], row["metadata"]["name"]): row
        for row in yaml.safe_load_all(KUBERNETES.read_text("utf-8"))
    }
    settings = objects["ConfigMap", "yeonjwa-settings"]["data"]
    assert settings == {**SETTINGS, "NUMBA_CACHE_DIR": "/tmp/kernels"}
    pods = [
        row["spec"]["template"]["spec"]
        for row in objects.values()
        if "template" in row["spec" if "spec" in row else "data"]
    ]
    assert len(pods) == 3
    for pod in pods:
        (container,) = pod["containers"]
        assert container["envFrom"] == [{"configMapRef": {"name": "yeonjwa-settings"}}]
        claims = {v["name"]: v["persistentVolumeClaim"]["claimName"] for v in pod.get("volumes", [])}
        for mount in container.get("volumeMounts", []):
            assert ("PersistentVolumeClaim", claims[mount["name"]]) in objects
        for address in re.findall(
            r"tcp://([\w-]+):8786", " ".join(container["command"] + container.get("args", []))
        ):
            assert ("Service", address) in objects
