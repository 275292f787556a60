"""What stands under a field in the source is said of it in a schema."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from gateway.contract.described import Described, said_of


class _Told(Described):
    model_config = ConfigDict(populate_by_name=True)

    name: str
    """Of whom it is told."""
    shown_as: int = Field(default=0, alias="shownAs")
    """Under another name."""
    silent: str = ""
    said: str = Field(default="", description="By the field itself.")
    """And not by this."""


class _More(_Told):
    silent: str = ""
    """Spoken of here."""
    name: str


def test_a_schema_says_of_a_field_what_stands_under_it() -> None:
    """By alias, too; what the field itself says counts more, and who declares it anew speaks for it."""
    shown = _More.model_json_schema()["properties"]
    assert {name: one.get("description") for name, one in shown.items()} == {
        "name": None, "shownAs": "Under another name.", "silent": "Spoken of here.", "said": "By the field itself.",
    }  # fmt: skip
    assert [said_of(_Told, name) for name in ("name", "silent")] == ["Of whom it is told.", ""]
