#!/usr/bin/env python3
"""Writes what follows from config/ipc.schema.json: the reference in docs/ipc.md (between its two marks) and the TypeScript types of the client.

    python3 config/ipc_generate.py           writes both
    python3 config/ipc_generate.py --check   says which of them are out of step, and fails
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "config/ipc.schema.json"
REFERENCE = ROOT / "docs/ipc.md"
TYPES = ROOT / "apps/web/packages/ipc-client/src/types.gen.ts"
BEGIN = "<!-- generated from config/ipc.schema.json by config/ipc_generate.py -->\n"
END = "<!-- end of what is generated -->\n"
WIDTH = 160


def type_name(definition):
    return definition[0].upper() + definition[1:]


def is_identifier(name):
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is not None


def member(name, schema, required, write):
    shown = name if is_identifier(name) else json.dumps(name)
    return f"{shown}{'' if required else '?'}: {write(schema)}"


def type_text(schema, indent=""):
    """A schema as a TypeScript type."""
    if "$ref" in schema:
        return type_name(schema["$ref"].rsplit("/", 1)[1])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(type_text(x, indent) for x in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(json.dumps(x) for x in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        inner = type_text(schema.get("items", {}), indent)
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if kind == "object":
        return object_text(schema, indent)
    return {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}.get(kind, "unknown")


def object_text(schema, indent):
    properties = schema.get("properties", {})
    if not properties:
        if "additionalProperties" in schema and schema["additionalProperties"] is False:
            return "Record<string, never>"
        inner = schema.get("additionalProperties")
        return f"Record<string, {type_text(inner, indent) if isinstance(inner, dict) else 'unknown'}>"
    required = schema.get("required", [])
    deeper = indent + "  "
    lines = []
    for name, inner in properties.items():
        if "description" in inner:
            lines.append(f"{deeper}/** {inner['description']} */")
        lines.append(f"{deeper}{member(name, inner, name in required, lambda x: type_text(x, deeper))};")
    if schema is OPEN_OBJECT:
        lines.append(f"{deeper}[field: string]: unknown;")
    return "{\n" + "\n".join(lines) + f"\n{indent}}}"


OPEN_OBJECT = None


def types(document):
    global OPEN_OBJECT
    OPEN_OBJECT = document["definitions"]["storedObject"]
    out = ["// Written by config/ipc_generate.py from config/ipc.schema.json.", ""]
    for name, schema in document["definitions"].items():
        if "description" in schema:
            out.append(f"/** {schema['description']} */")
        out += [f"export type {type_name(name)} = {type_text(schema)};", ""]
    out += ["/** Numbers of errors (docs/ipc.md). */", "export const errorCodes = {"]
    out += [f'  "{number}": {json.dumps(text)},' for number, text in document["errors"].items()]
    out += ["} as const;", "", "/** Every channel: what it takes and what it answers. */", "export interface Channels {"]
    for name, x in document["channels"].items():
        out.append(f"  /** {x['description']} */")
        out.append(f"  {json.dumps(name)}: {{ params: {type_text(x['params'], '  ')}; result: {type_text(x['result'], '  ')} }};")
    out += ["}", "", "export type ChannelName = keyof Channels;", "", "/** Channels that need a user who is logged in. */", "export const needsLogin: ReadonlySet<string> = new Set(["]
    out += [f"  {json.dumps(name)}," for name, x in document["channels"].items() if x["login"]]
    out += ["]);", "", "/** What the node tells without being asked. */", "export interface Notifications {"]
    for name, x in document["notifications"].items():
        out.append(f"  /** {x['description']} */")
        out.append(f"  {json.dumps(name)}: {type_text(x['params'], '  ')};")
    out += ["}", "", "export type NotificationName = keyof Notifications;"]
    return "\n".join(out) + "\n"


def short(schema):
    """A schema in one line, for people."""
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[1]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(short(x) for x in schema["anyOf"]))
    if "enum" in schema:
        return " \\| ".join(f"`{x}`" for x in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"[{short(schema.get('items', {}))}]"
    if kind == "object":
        if not schema.get("properties"):
            return "{}" if schema.get("additionalProperties") is False else "{…}"
        return "{" + ", ".join(name + ("" if name in schema.get("required", []) else "?") + detail(inner) for name, inner in schema["properties"].items()) + "}"
    return kind


def detail(schema):
    """What a reader must know of a member beside its name: nested shapes; plain types say themselves by their names."""
    if schema.get("type") in ("object", "array") and (schema.get("properties") or "items" in schema):
        return ": " + short(schema)
    if "enum" in schema:
        return ": " + short(schema)
    if "$ref" in schema and schema["$ref"].rsplit("/", 1)[1] not in ("hash", "time", "when", "username", "password", "conversationId"):
        return ": " + short(schema)
    return ""


def reference(document):
    out = [BEGIN, "| channel | request | response |", "|---|---|---|"]
    for name, x in document["channels"].items():
        if "later" in x:
            continue
        marks = "".join([" *" if not x["login"] else "", " (archive)" if x["side"] == "archive" else "", " (kept)" if x.get("queues") else ""])
        out.append(f"| `{name}`{marks} | {short(x['params'])} | {short(x['result'])}<br>{x['description']} |")
    later = [f"`{name}` ({x['later']})" for name, x in document["channels"].items() if "later" in x]
    out += ["", "Not there yet, and answered with an error: " + ", ".join(later) + ".", "", "### Shapes", ""]
    out += [f"- **{name}**: {short(x)}{'. ' + x['description'] if 'description' in x else ''}" for name, x in document["definitions"].items()]
    out += ["", "### Notifications", "", "| notification | parameters | |", "|---|---|---|"]
    out += [f"| `{name}` | {short(x['params'])} | {x['description']} |" for name, x in document["notifications"].items()]
    out += ["", "### Errors", ""]
    out += [f"- {number}: {text}" for number, text in document["errors"].items()]
    return "\n".join(line.rstrip("\n") for line in out) + "\n" + END


def whole_reference(document):
    text = REFERENCE.read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    return before + reference(document) + after


def main():
    document = json.loads(SCHEMA.read_text())
    wanted = {REFERENCE: whole_reference(document), TYPES: types(document)}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of step with {SCHEMA.relative_to(ROOT)}: run python3 config/ipc_generate.py", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path])
    return 0


if __name__ == "__main__":
    sys.exit(main())
