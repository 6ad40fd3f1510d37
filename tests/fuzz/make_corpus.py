#!/usr/bin/env python3
"""Writes the corpora of the object fuzzers from the vectors: small inputs of every form, some tens a target. Run again when vectors change."""
import html
import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors"
LARGEST = 3000
MOST = 48


def vectors(name):
    return json.loads((VECTORS / name).read_text())


def write(target, entries):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [(name, text) for name, text in entries if isinstance(text, str) and len(text.encode("utf-8", "replace")) <= LARGEST]
    step = max(1, -(-len(chosen) // MOST))  # spread over the whole file
    for number, (name, text) in enumerate(chosen[::step]):
        stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
        (folder / f"{number:02}-{stem}").write_bytes(text.encode("utf-8", "replace"))


def escaped(text):
    return html.escape(text, quote=False)


def value(type_, x):
    """A bare value in microdata, for the vectors' form of objects."""
    kind = type_["type"]
    if kind in ("array", "bag", "set"):
        items = ["<li>" + value(type_["item"], item) + "</li>" for item in (x["$set"] if isinstance(x, dict) else x)]
        tag = "ol" if kind == "array" else "ul"
        return f"<{tag}>" + "".join(items if kind == "array" else sorted(items)) + f"</{tag}>"
    if kind == "map":
        entries = ["<dt>" + value(type_["key"], key) + "</dt><dd>" + value(type_["value"], item) + "</dd>" for key, item in x["$map"]]
        return "<dl>" + "".join(entries) + "</dl>"
    if kind == "object":
        return "<div>" + fields(type_["rules"], x) + "</div>"
    if kind.startswith("referenceTo"):
        return f'<a data-type="{kind[11:].lower()}">{x}</a>'
    if kind == "stringifiable":
        return escaped(json.dumps(x, separators=(",", ":"), sort_keys=True, ensure_ascii=False))
    if kind == "boolean":
        return "true" if x else "false"
    return escaped(str(x))


def fields(rules, x):
    out = ""
    for rule in rules:
        if rule["itemprop"] not in x or x[rule["itemprop"]] is None:
            continue
        type_ = rule.get("itemtype", {"type": "string"})
        bare = value(type_, x[rule["itemprop"]])
        named = f' itemprop="{rule["itemprop"]}"'
        if bare.startswith("<") and type_["type"] not in ("string", "stringifiable"):
            end = min(i for i in (bare.find(" "), bare.find(">")) if i > 0)
            out += bare[:end] + named + bare[end:]
        else:
            out += f"<span{named}>{bare}</span>"
    return out


def text_of(recipes, x):
    return f'<div itemscope itemtype="//refin.io/{x["$type$"]}">' + fields(recipes[x["$type$"]], x) + "</div>"


def main():
    objects = vectors("objects.json")
    texts = [(x["name"], x["microdata"]) for part in ("cases", "invalidMicrodata", "lenientMicrodata") for x in objects[part]]
    texts += [(x["name"] + " id", x["idMicrodata"]) for x in objects["cases"][:8] if "idMicrodata" in x]
    known = [(name, text) for name, text in texts if isinstance(text, str) and 'refin.io/T_' not in text]
    write("microdata_fuzz", known)
    recipes = vectors("recipes.json")["cases"]
    write("recipe_fuzz", [(x["name"], x["recipeMicrodata"]) for x in recipes])
    write("imploded_fuzz", [(x["name"], x["imploded"]) for x in objects["implode"]["cases"]]
          + [(x["name"], x["microdata"]) for x in objects["cases"] if x["type"] in ("Person", "Email", "Signature", "Group")])

    sequences = []
    for name in ("versions.json", "versions-fuzz.json"):
        file = vectors(name)
        rules = {x["name"]: x["rule"] for x in recipes + file["testRecipes"]}
        for case in file["cases"]:
            lines = []
            for step in case["steps"]:
                time = step.get("creationTime", step.get("time"))
                lines.append(f'{"i" if step["op"] == "import" else "c"}{time} {text_of(rules, step["object"])}')
            sequences.append((case["name"], "\n".join(lines) + "\n"))
    contact = '<div itemscope itemtype="//refin.io/LamaConversation"><span itemprop="conversation">c</span><span itemprop="title">{}</span>' \
              '<span itemprop="kind">direct</span><ul itemprop="participants">{}</ul></div>'
    people = ['<li><a data-type="id">' + digit * 64 + "</a></li>" for digit in "123"]
    sequences.insert(0, ("own type", "".join(f"i{time} {contact.format(title, ''.join(people[:time]))}\n" for time, title in ((1, "a"), (2, "b"), (3, "c")))))
    sequences.append(("own type of one time", "".join(f"i5 {contact.format(title, ''.join(people[n:]))}\n" for n, title in enumerate("abc"))))
    write("merge_fuzz", sequences)


if __name__ == "__main__":
    main()
