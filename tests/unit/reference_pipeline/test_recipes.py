"""The sizes of Run 7, and that its notebook is trained as the recipes say."""

from __future__ import annotations

import ast

import pytest

from reference_pipeline import notebook
from reference_pipeline.config import GROUPS, PROFILES, Profile, run7
from reference_pipeline.recipes import RECIPES, SAMPLES_PER_GROUP


def test_the_cpu_profile_has_the_size_of_the_original_run() -> None:
    config = run7("cpu")
    assert config.fresh is not None
    assert len(GROUPS) * config.dataset.samples_per_group == 108_000
    assert len(GROUPS) * config.fresh.samples_per_group == 18_000


def test_larger_profiles_do_more() -> None:
    work = [
        SAMPLES_PER_GROUP[name] * RECIPES[name].epochs * RECIPES[name].members for name in PROFILES
    ]
    assert work == sorted(set(work))


@pytest.mark.parametrize("profile", PROFILES)
def test_the_notebook_states_the_recipe(profile: Profile) -> None:
    source = notebook.source_of(run7(profile))
    stated = {
        node.targets[0].id: ast.unparse(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    recipe = RECIPES[profile]
    assert stated["EPOCHS"] == str(recipe.epochs)
    assert stated["MEMBERS"] == str(recipe.members)
    assert stated["BATCH_SIZE"] == str(recipe.batch_size)
    assert ast.literal_eval(stated["WIDTHS"]) == recipe.settings.widths
    assert float(stated["LEARNING_RATE"]) == recipe.learning_rate
    # What the notebook writes out itself, and no profile changes.
    assert "group_heads=True" in stated["settings"]
    assert recipe.settings.group_heads
    assert f"weight_decay={recipe.weight_decay}".replace("0.0001", "1e-4") in source
    assert f"clipnorm={recipe.clipnorm}" in source
