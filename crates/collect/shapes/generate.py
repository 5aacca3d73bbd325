#!/usr/bin/env python3
"""Writes shapes.json: the output shapes of the operations that Portcullis asks, from botocore's service models.

Run by hand when an operation is added or botocore moves on:

    pip install botocore && python3 crates/collect/shapes/generate.py

The models are botocore's (Apache-2.0, see NOTICE beside this file); the file records the version they come from. Only
shapes that an operation of `crates/snapshot/src/operations.rs` can answer with are kept. One shape stands on one line,
sorted, so that a new version shows as a readable difference.

A shape is one of
    "string" "integer" "float" "boolean" "timestamp" "blob" "document"
    "policy"                                   an IAM policy document: URL-encoded JSON, which the CLI prints decoded
    {"list": SHAPE}
    {"map": SHAPE, "key": element name, "value": element name}
    {"union": [MEMBER...]} {"members": [MEMBER...]}
and a member is {"name", "shape"} with, where they apply, "wire" (name on the wire if it differs), "flat", "in" (header,
headers, statusCode or attribute), "header" (its name there), "sensitive".
"""

import json
import pathlib
import re

import botocore
import botocore.loaders
import botocore.model
from botocore import xform_name

HERE = pathlib.Path(__file__).resolve().parent
TABLE = HERE.parents[1] / "snapshot" / "src" / "operations.rs"
BOTOCORE_NAMES = {"s3api": "s3"}
SCALARS = {
    "string": "string",
    "character": "string",
    "integer": "integer",
    "long": "integer",
    "float": "float",
    "double": "float",
    "boolean": "boolean",
    "timestamp": "timestamp",
    "blob": "blob",
}
# Operations that take a token and return one although botocore has no paginator for them.
MORE_PAGES = {
    ("ec2", "DescribeVpcBlockPublicAccessExclusions"): ("NextToken", "NextToken", "VpcBlockPublicAccessExclusions"),
    ("iam", "GetServiceLastAccessedDetails"): ("Marker", "Marker", "ServicesLastAccessed"),
}


def operations():
    """(service, operation) pairs, read from the one table."""
    text = TABLE.read_text()
    text = text[text.index("pub static OPERATIONS"):text.index("#[cfg(test)]")]
    return re.findall(r'call\(\s*"([a-z0-9-]+)",\s*"([a-z0-9-]+)",\s*"(\w+)"', text)


class Shapes:
    def __init__(self, service):
        self.service = service
        self.shapes = {}

    def refer(self, shape):
        """The name (or the scalar) under which a member refers to a shape."""
        if shape.type_name in SCALARS:
            if self.service == "iam" and shape.name == "policyDocumentType":
                return "policy"
            return SCALARS[shape.type_name]
        if shape.type_name == "structure" and shape.is_document_type:
            return "document"
        if shape.name not in self.shapes:
            self.shapes[shape.name] = None  # a recursive shape refers to itself
            self.shapes[shape.name] = self.describe(shape)
        return "#" + shape.name

    def describe(self, shape):
        if shape.type_name == "list":
            return {"list": self.refer(shape.member)}
        if shape.type_name == "map":
            return {
                "map": self.refer(shape.value),
                "key": shape.key.serialization.get("name") or "key",
                "value": shape.value.serialization.get("name") or "value",
            }
        members = [self.member(name, member) for name, member in shape.members.items()]
        return {"union" if shape.is_tagged_union else "members": members}

    def member(self, name, shape):
        how = shape.serialization
        found = {"name": name, "shape": self.refer(shape)}
        wire = how.get("name", name)
        if shape.type_name == "list" and how.get("flattened"):
            wire = shape.member.serialization.get("name") or wire
        if how.get("location"):
            found["in"] = how["location"]
            found["header"] = wire
        elif how.get("xmlAttribute"):
            found["in"] = "attribute"
            found["header"] = wire
        elif wire != name:
            found["wire"] = wire
        if how.get("flattened"):
            found["flat"] = True
        if shape.metadata.get("sensitive"):
            found["sensitive"] = True
        return found


def pages(service, api, paginators):
    found = paginators.get(api)
    ours = found is None
    if ours:
        more = MORE_PAGES.get((service, api))
        if more is None:
            return None
        found = {"input_token": more[0], "output_token": more[1], "result_key": more[2]}
    elif (service, api) in MORE_PAGES:
        print(f"note: botocore now has a paginator for {service} {api}")
    as_list = lambda value: value if isinstance(value, list) else [value]
    described = {
        "token": [expression.split(" || ") for expression in as_list(found["output_token"])],
        "input": as_list(found["input_token"]),
        "results": as_list(found["result_key"]),
    }
    if ours:
        # the CLI prints such an answer whole, so what is not joined stays
        described["keep"] = True
    if "more_results" in found:
        described["more"] = found["more_results"]
    if found.get("non_aggregate_keys"):
        described["once"] = found["non_aggregate_keys"]
    for name in sum(described["token"], []) + described["results"] + described.get("once", []):
        assert re.fullmatch(r"\w+", name), f"{service} {api}: the converter knows no path {name}"
    return described


def main():
    loader = botocore.loaders.Loader()
    services = {}
    for service, _, api in operations():
        services.setdefault(service, []).append(api)
    lines = ["{"]
    lines.append('"notice": "Derived from the service models of botocore, Apache-2.0; see NOTICE.",')
    lines.append(f'"botocore": "{botocore.__version__}",')
    lines.append('"services": {')
    for at, service in enumerate(sorted(services)):
        name = BOTOCORE_NAMES.get(service, service)
        model = botocore.model.ServiceModel(loader.load_service_model(name, "service-2"), name)
        try:
            paginators = loader.load_service_model(name, "paginators-1")["pagination"]
        except botocore.exceptions.UnknownServiceError:
            paginators = {}
        table = Shapes(service)
        found = {}
        for api in sorted(services[service]):
            operation = model.operation_model(api)
            described = {"cli": xform_name(api, "-")}
            output = operation.output_shape
            if output is not None:
                described["output"] = table.refer(output)
                if "resultWrapper" in output.serialization:
                    described["wrapper"] = output.serialization["resultWrapper"]
                if "payload" in output.serialization:
                    described["payload"] = output.serialization["payload"]
            paged = pages(service, api, paginators)
            if paged:
                described["pages"] = paged
            elif output is not None:
                left = [m for m in output.members if m in ("NextToken", "nextToken", "Marker", "NextMarker")]
                if left:
                    print(f"note: {service} {api} returns {left} and is not paged")
            found[api] = described
        protocol = model.metadata["protocol"]
        lines.append(f'"{service}": {{"protocol": "{protocol}", "version": "{model.api_version}",')
        lines.append('"operations": {')
        lines.append(",\n".join(f'"{api}": {json.dumps(found[api], separators=(",", ":"))}' for api in sorted(found)))
        lines.append('}, "shapes": {')
        shapes = table.shapes
        lines.append(",\n".join(f'"{s}": {json.dumps(shapes[s], separators=(",", ":"))}' for s in sorted(shapes)))
        lines.append("}}" + ("," if at + 1 < len(services) else ""))
    lines.append("}}")
    text = "\n".join(lines) + "\n"
    json.loads(text)
    (HERE / "shapes.json").write_text(text)
    print(f"{sum(map(len, services.values()))} operations, {len(text)} bytes")


if __name__ == "__main__":
    main()
