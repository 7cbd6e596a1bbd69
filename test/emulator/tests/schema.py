"""A small JSON Schema validator and a reader of OpenAPI files, enough to hold
an exchange against a platform's machine-readable description."""

import json
import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
         "null": type(None)}


class Description:
    """One OpenAPI document."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = json.load(file)
        self._operations = []
        for template, methods in self.document["paths"].items():
            regex = re.compile(re.sub(r"\{[^}]*\}", "[^/]+", template) + "$")
            for method, operation in methods.items():
                if method in ("get", "post", "put", "patch", "delete"):
                    self._operations.append(
                        (method, template, regex, operation))
        # A literal path goes before a template that also fits, and "{id}:verb"
        # before "{id}".
        self._operations.sort(key=lambda row: (row[1].count("{"),
                                               -len(row[1])))

    def operation(self, method, path):
        """(template, operation), or None when it is not described."""
        for known, template, regex, operation in self._operations:
            if known == method.lower() and regex.match(path):
                return template, operation
        return None

    @property
    def operations(self):
        return [(method.upper(), template)
                for method, template, _, _ in self._operations]

    def faults(self, value, schema, where="$"):
        """What is wrong with a value, as texts; empty when it fits."""
        schema = self._resolved(schema)
        found = []
        for check in (self._type, self._enum, self._combined, self._range,
                      self._object, self._array):
            found += check(value, schema, where)
        return found

    def _resolved(self, schema):
        while isinstance(schema, dict) and "$ref" in schema:
            place = self.document
            for name in schema["$ref"].lstrip("#/").split("/"):
                place = place[name.replace("~1", "/")]
            schema = place
        return schema if isinstance(schema, dict) else {}

    def _type(self, value, schema, where):
        kinds = schema.get("type")
        if kinds is None:
            return []
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if any(is_type(value, kind) for kind in kinds):
            return []
        return ["%s: %r is not %s" % (where, value, "/".join(kinds))]

    def _enum(self, value, schema, where):
        if "const" in schema and value != schema["const"]:
            return ["%s: %r is not %r" % (where, value, schema["const"])]
        if "enum" in schema and value not in schema["enum"]:
            return ["%s: %r is not one of %r" % (where, value,
                                                 schema["enum"])]
        return []

    def _combined(self, value, schema, where):
        found = []
        for part in schema.get("allOf", ()):
            found += self.faults(value, part, where)
        for word in ("anyOf", "oneOf"):
            tries = [self.faults(value, part, where)
                     for part in schema.get(word, ())]
            if tries and all(tries):
                found.append("%s: fits no alternative, nearest: %s"
                             % (where, min(tries, key=len)))
        return found

    def _range(self, value, schema, where):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return []
        low, high = schema.get("minimum"), schema.get("maximum")
        if (low is not None and value < low) or (
                high is not None and value > high):
            return ["%s: %r is out of range" % (where, value)]
        return []

    def _object(self, value, schema, where):
        if not isinstance(value, dict):
            return []
        found = ["%s: %s is missing" % (where, name)
                 for name in schema.get("required", ()) if name not in value]
        known = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for name, member in value.items():
            place = "%s.%s" % (where, name)
            if name in known:
                found += self.faults(member, known[name], place)
            elif others is False:
                found.append(place + " is not allowed")
            elif isinstance(others, dict):
                found += self.faults(member, others, place)
        return found

    def _array(self, value, schema, where):
        if not isinstance(value, list):
            return []
        found = []
        if len(value) < schema.get("minItems", 0):
            found.append("%s: too few items" % where)
        for number, item in enumerate(value):
            found += self.faults(item, schema.get("items", {}),
                                 "%s[%d]" % (where, number))
        return found


def is_type(value, kind):
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])
