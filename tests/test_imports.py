"""Light import, and imports that point one way."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import corpusprep

PACKAGE = Path(corpusprep.__file__).parent
# A module may import from its own layer and from those to its left.
LAYERS = [
    {"errors"},
    {"text"},
    {"core", "integrations", "spacy_component"},
    {"page", "ruleset", "rulematch", "rulefile", "genre", "linemodel", "steps"},
    {"pipeline", "recipe", "report"},
    {"data"},
    {"runs"},
    {"cli", "verbs", "terminal", "__main__"},
]
HEAVY = ["numpy", "pyarrow", "datasets", "bs4", "ftfy", "opencc", "typer", "rich", "ray", "orjson"]


def rank(module: str) -> int:
    part = module.split(".")[1] if "." in module else ""
    return next((i for i, layer in enumerate(LAYERS) if part in layer), -1)


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module.split(".")[0] == "corpusprep" and node.module.count(".") == 0:
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("corpusprep.")}


MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_point_to_lower_layers(path):
    relative = path.relative_to(PACKAGE).with_suffix("")
    own = rank("corpusprep." + ".".join(relative.parts))
    assert own >= 0, f"{relative} stands in no layer"
    higher = [name for name in imports(path) if rank(name) > own]
    assert higher == []


def test_import_is_light_and_pulls_in_nothing_heavy():
    code = (
        "import time, sys, json; began = time.process_time(); import corpusprep; "
        "spent = time.process_time() - began; "
        f"print(json.dumps([spent, [m for m in {HEAVY} if m in sys.modules]]))"
    )
    runs = [
        json.loads(
            subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        )
        for _ in range(3)
    ]
    assert runs[0][1] == []
    assert min(spent for spent, _ in runs) < 0.1  # CPU seconds: a contract, not a benchmark


def test_every_public_name_is_found_where_the_table_says():
    for name in corpusprep.__all__:
        assert getattr(corpusprep, name) is not None
    assert set(corpusprep.__all__) == set(corpusprep._HOMES)
    source = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    block = source[source.index("if TYPE_CHECKING:") : source.index("__version__")]
    for name, home in corpusprep._HOMES.items():
        assert f"from corpusprep.{home} import" in block
        assert name in block


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'claen'"):
        _ = corpusprep.claen  # type: ignore[attr-defined]
