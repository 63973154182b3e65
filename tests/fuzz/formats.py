"""Bodies that are not JSON: how schemathesis writes them, and reads them before it checks them."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def write_lines(_context, value):
    """One line a value; what cannot be written as JSON is sent as it is."""
    return value if isinstance(value, bytes) else (json.dumps(value) + "\n").encode()


@schemathesis.serializer("application/edi-x12")
def write_text(_context, value):
    """A remittance is a text."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.serializer("application/pdf", "image/jpeg", "image/png")
def write_document(_context, value):
    """What is made up is no document, and is refused as what it is not."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.deserializer("application/x-ndjson")
def read_lines(context, response):
    """Of a stream of outcomes, whose schema is that of a line, the first one; lists are texts to the document."""
    lines = [json.loads(line) for line in response.content.splitlines()]
    return lines[0] if context.operation.label == "POST /v1/entries" else response.content.decode()
