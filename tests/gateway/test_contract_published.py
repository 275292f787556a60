"""What is published: valid, complete, up to date, and with examples that are taken."""

from __future__ import annotations

import json
import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, validators

from gateway.contract import examples
from gateway.contract.asyncapi import asyncapi
from gateway.contract.commands import COMMAND_CLASSES, parse_command
from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event, parse_state
from gateway.contract.page import html
from gateway.contract.refusals import MEANINGS, TITLES, Problem, Refused, Rule
from gateway.contract.schemas import json_schemas, shown_examples

PAGE = Path(__file__).parents[2] / "docs" / "contract.html"
KINDS = [str(model.model_fields["type"].default) for model in (*event_types().classes, *COMMAND_CLASSES)]


def resolved(document: dict[str, Any], reference: str) -> Any:
    """Return what a reference within a document points to."""
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def references(value: Any) -> list[str]:
    """Return every reference in a document."""
    if isinstance(value, list):
        return [found for part in value for found in references(part)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return own + [found for part in value.values() for found in references(part)]


def test_every_message_has_a_schema_and_an_example_that_fits_it() -> None:
    """JSON Schema 2020-12, each complete in itself, with a name of its own."""
    schemas = json_schemas()
    assert set(schemas) == {*KINDS, "callahead.state.v1", "callahead.rejected.v1"}
    assert len({schema["$id"] for schema in schemas.values()}) == len(schemas)
    for kind, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        assert schema["description"]
        for example in shown_examples()[kind]:
            Draft202012Validator(schema).validate(example)
        assert not Draft202012Validator(schema).is_valid({})
        assert all(resolved(schema, reference) for reference in references(schema))


def test_no_pattern_means_more_than_it_says() -> None:
    """Digits and letters are ASCII to a vendor's validator (ECMA-262), and digits of any script to ours."""
    patterns = re.findall(r'"pattern": "((?:[^"\\\\]|\\\\.)*)"', json.dumps(json_schemas()))
    assert len(patterns) > 10
    assert [one for one in patterns if re.search(r"\\\\[dDwW]", one)] == []


def test_every_example_is_read_by_the_contract() -> None:
    """The same code that reads devices' messages."""
    for kind, example in event_types().examples.items():
        assert parse_event(json.dumps(example).encode()).type == kind
    for kind, example in examples.COMMANDS.items():
        assert parse_command(json.dumps(example).encode()).type == kind
    assert parse_state(json.dumps(examples.ONLINE).encode()).online
    assert not parse_state(json.dumps(examples.LAST_WILL).encode()).online


def test_the_example_of_a_refusal_is_a_real_one() -> None:
    """It is what a sender of that mistake is told."""
    shown = Problem.model_validate(examples.REJECTED)
    event = json.loads(
        json.dumps(event_types().examples["callahead.vehicle.status.v1"]).replace("Vehicle.Speed", "Vehicle.Sped")
    )
    with pytest.raises(Refused) as refused:
        parse_event(json.dumps(event).encode())
    assert refused.value.problem(b"").model_copy(update={"sha256": shown.sha256}) == shown


def test_every_rule_is_explained() -> None:
    """Title and meaning."""
    assert set(TITLES) == set(MEANINGS) == set(Rule)


def test_the_asyncapi_document_is_complete() -> None:
    """Four channels, four operations, every message, and no reference into nothing."""
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == {"event", "urgent", "state", "command", "rejected"}
    assert {kind for channel in document["channels"].values() for kind in channel["messages"]} == set(json_schemas())
    assert all(resolved(document, reference) for reference in references(document))
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert operation["bindings"]["mqtt"]["qos"] == 1
    assert json.loads(json.dumps(document)) == document


def test_the_asyncapi_document_keeps_to_the_specification() -> None:
    """Against the specification's own JSON Schema, where npm's @asyncapi/specs is installed."""
    modules = os.environ.get("CALLAHEAD_NODE_MODULES", "")
    official = Path(modules) / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
    if not official.is_file():
        pytest.skip("npm install @asyncapi/specs; CALLAHEAD_NODE_MODULES=…/node_modules")
    schema = json.loads(official.read_text())
    errors = [error.message for error in validators.validator_for(schema)(schema).iter_errors(asyncapi())]
    assert errors == []


def test_the_page_is_up_to_date() -> None:
    """``callahead contract --format html`` writes it."""
    assert PAGE.read_text(encoding="utf-8") == html()


def test_the_page_stands_alone_and_shows_every_message_and_rule() -> None:
    """Nothing is fetched from anywhere, every link within it leads somewhere, and its examples are the tested ones."""
    page = html()
    assert not re.findall(r"(?:src|href)=[\"']?(?!#)[^#\s\"'>]", page)
    anchors = set(re.findall(r"id=[\"']?([^\"'\s>]+)", page))
    assert set(re.findall(r"href=\"#([^\"]+)\"", page)) <= anchors
    assert {*KINDS, "callahead.state.v1", "callahead.rejected.v1"} <= anchors
    assert all(f"urn:callahead:rule:{rule}" in page for rule in Rule)
    shown = [
        unescape(re.sub(r"</?(?:i|code)[^>]*>", "", block))
        for block in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)
    ]
    read = [json.loads(block) for block in shown if block.startswith("{")]
    assert all(example in read for some in shown_examples().values() for example in some)
