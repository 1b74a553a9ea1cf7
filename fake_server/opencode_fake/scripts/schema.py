"""The JSON Schema of a script, for editors that complete and check YAML."""

from __future__ import annotations

from typing import cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from opencode_fake.scripts.model import JsonObject, ScriptFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "OpenCode test script"


class _EditorSchema(GenerateJsonSchema):
    """Steps and patterns as ``anyOf``: each has keys that must be there, so at most one fits."""

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        union = super().tagged_union_schema(schema)
        return {"anyOf": union["oneOf"]}

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 (what pydantic calls)
        """Titles made from keys tell an editor's user nothing."""
        return False


def json_schema() -> JsonObject:
    """The schema, as plain data."""
    schema = ScriptFile.model_json_schema(schema_generator=_EditorSchema)
    return cast(JsonObject, {"$schema": DIALECT, **schema, "title": TITLE})
