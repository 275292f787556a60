"""The model of when customers phone, as a policy names it: read from its file, or the usual one."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from dispatch.core.call_order.hazards import USUAL, HazardModel
from dispatch.core.events import HazardsAdopted
from dispatch.policy_model.hazards import HazardsFile, hazards_written
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.policy_file import BadPolicyFile, read_yaml, told


def read_hazards(path: Path) -> HazardModel:
    """Read a model's file. Raises ``BadPolicyFile``."""
    found = read_yaml(path)
    if not isinstance(found, dict):
        raise BadPolicyFile(f"{path}: a model of when customers phone is what 'callahead learn hazards' writes")
    try:
        return HazardsFile.model_validate(found).model()
    except ValidationError as error:
        raise BadPolicyFile("\n".join(told(path, error))) from None


def write_hazards(path: Path, model: HazardModel) -> None:
    """Write a model's file. Raises ``OSError``."""
    path.write_text(yaml.safe_dump(hazards_written(model), sort_keys=False, allow_unicode=True), "utf-8")


def to_adopt(house: HousePolicy, stands: HazardModel | None) -> HazardsAdopted | None:
    """Return what a desk is to be told that goes by ``stands``; ``None``: nothing, it knows it or needs none.

    A model that is named is adopted by whichever order: the queue shows what it says. Raises ``BadPolicyFile``.
    """
    wanted = USUAL if house.hazards is None else read_hazards(Path(house.hazards))
    needed = house.call_order == "index" or house.hazards is not None
    return HazardsAdopted(wanted) if needed and wanted != stands else None
