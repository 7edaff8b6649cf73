"""topology.yaml: all that is wrong is told at once with line, column and what is accepted; what is right comes back."""

from __future__ import annotations

import copy
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from console.decide.setup.fields import problems
from console.decide.setup.file import document, dump, parse, read
from console.decide.setup.references import references
from console.errors import TopologyError
from console.model.topology import Topology
from tests.present_documents import schema
from tests.topologies import ACK, TEXT, edited, hybrid


def refused(text: str) -> list[str]:
    with pytest.raises(TopologyError) as caught:
        parse(text, "t.yaml")
    return str(caught.value.args[0]).split("\n")


def test_a_topology_is_read_and_written_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    file.write_text(TEXT, "utf-8")

    assert TEXT == dump(read(file))


def test_defaults_are_left_out_however_they_were_said() -> None:
    said = ("  service: service1\n", "  service: service1\n  path_type: Prefix\n  answer: {}\n  paths: [/]\n")

    assert TEXT == dump(hybrid(said, ("  path: m", "  revision: main\n  path: m")))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("kind: ack\n", "kind: akc\n"),
         "t.yaml:20:9: members[0].kind: 'akc' is not accepted; did you mean 'ack'? one of ack, registered"),
        (("region:", "regoin:"), "t.yaml:3:1: regoin: no field is called 'regoin'; did you mean 'region'? Fields"),
        (("  path: manifests/helm/web-demo\n", ""),
         "t.yaml:50:3: applications[0].path: is missing; where the chart is in Git"),
        (("port: 8001", "port: 80010"),
         "t.yaml:48:11: gateway.listeners[0].port: 80010 is not accepted; a whole number from 1 to 65535"),
        (("    ack-prod: 60", "    ack-prod: sixty"),
         "t.yaml:63:15: routes[0].weights.ack-prod: 'sixty' is not accepted; a whole number from 0 to 100"),
        (("    pods:\n    - 172.20.0.0/16", "    pods: 172.20.0.0/16"),
         "t.yaml:37:11: members[1].cidrs.pods: '172.20.0.0/16' is no list; a list"),
        (("name: gateway-demo/web-demo", "name: web-demo"),
         "t.yaml:58:9: routes[0].name: 'web-demo' is not accepted; NAMESPACE/NAME"),
        (("host: demo.example.com", "host: http://bad host/"),
         "t.yaml:59:9: routes[0].host: 'http://bad host/' is not accepted; a name without scheme, port or path"),
        ((f"  id: {ACK}\n", "  nodes: {instance_types: []}\n"),
         "t.yaml:21:27: members[0].nodes.instance_types: a new node pool needs an instance type; one or more"),
        (("host: demo.example.com", "host: a..b"), "t.yaml:59:9: routes[0].host: 'a..b' is not accepted"),
        (("host: demo.example.com", "host: Demo.example.com"), "t.yaml:59:9: routes[0].host: 'Demo.example.com' is"),
        (("host: demo.example.com", "host: a.*.example.com"), "t.yaml:59:9: routes[0].host: 'a.*.example.com' is not"),
        (("host: demo.example.com", "host: 10.0.0.1"), "t.yaml:59:9: routes[0].host: '10.0.0.1' is an address"),
        (("host: demo.example.com", f"host: {'a' * 64}.com"), f"t.yaml:59:9: routes[0].host: '{'a' * 60}…' has 64 ch"),
        (("  service: service1", "  service: web.demo"), "t.yaml:60:12: routes[0].service: 'web.demo' is not accepted"),
        (("  service: service1", "  service: 1web"), "t.yaml:60:12: routes[0].service: '1web' is not accepted"),
        (("  service: service1", "  paths: [/a b]\n  service: service1"),
         "t.yaml:60:11: routes[0].paths[0]: '/a b' is"),
        (("  service: service1", "  paths: [/, /a//b]\n  service: service1"),
         "t.yaml:60:14: routes[0].paths[1]: '/a//b' holds //, which no Ingress takes"),
        (("  service: service1", "  paths: [/a/..]\n  service: service1"),
         "t.yaml:60:11: routes[0].paths[0]: '/a/..' h"),
        (("name: gateway-demo/web-demo", "name: gateway.demo/web-demo"),
         "t.yaml:58:9: routes[0].name: 'gateway.demo/web-demo' is not accepted"),
        (("name: gateway-demo/web-demo", "name: gateway-demo/web..demo"),
         "t.yaml:58:9: routes[0].name: 'gateway-demo/web..demo' is not accepted"),
        (("  namespace: gateway-demo", "  namespace: gateway.demo"),
         "t.yaml:53:14: applications[0].namespace: 'gateway.demo' is not accepted"),
        (("name: gateway-demo\n", "name: gateway..demo\n"),
         "t.yaml:43:9: gateway.name: 'gateway..demo' is not accepted"),
        (("  context: idc\n", "  context: idc\n  label: a b\n"),
         "t.yaml:42:10: members[1].label: 'a b' is not accepted"),
        (("  network: underlay\n", "  network: underlay\n  version: 1.30\n"),
         "t.yaml:30:12: members[0].version: 1.3 is not accepted; in quotes it is a text"),
        (("172.20.0.0/16", "172.20.0.4/16"),
         "t.yaml:38:7: members[1].cidrs.pods[0]: '172.20.0.4/16' is no range; did you mean '172.20.0.0/16'? an IPv4"),
        (("  - gateway-k\n", "  - gatewy-k\n"),
         "t.yaml:46:5: gateway.vswitches[1]: no vSwitch is called 'gatewy-k'; did you mean 'gateway-k'? Known: "),
        (("    idc-prod: 40", "    idc-prod: 30"),
         "t.yaml:63:5: routes[0].weights: weights sum to 90 (60 + 30); a sum of 100"),
        (("    idc-prod: 40", "    idc: 40"),
         "t.yaml:64:5: routes[0].weights.idc: 'idc' is no member; Members behind it: ack-prod, idc-prod"),
        (("- name: pods-j", "- name: nodes-j"), "t.yaml:9:9: vswitches[1].name: 'nodes-j' is also vswitches[0]"),
        (("- name: gateway-k\n  id: vsw-gw-k\n", "- name: gateway-k\n"),
         "t.yaml:13:3: vswitches[3].zone: is missing, and there is no id; zone for a new one, id for an existing one"),
        (("vpc:\n  id: vpc-1", "vpc:\n  name: new"), "t.yaml:5:3: vpc.cidr: is missing, and there is no id"),
        (("routes:", "confirmed: [leased-lin]\nroutes:"),
         "t.yaml:57:13: confirmed[0]: no rule is called 'leased-lin'; did you mean 'leased-line'?"),
        (("  host: demo", "  host: a\n  host: demo"), "t.yaml:60:3: routes[0].host: the key 'host' is there twice"),
        (("  port: 80\n", "  port: 80\n  listeners: [8002]\n"),
         "t.yaml:62:15: routes[0].listeners[0]: the gateway does not listen on 8002; one of 8001"),
        (("  port: 80\n", "  port: 80\n  answer: {header: x, json: y}\n"),
         "t.yaml:62:11: routes[0].answer: says header and json; one of header, json, pattern"),
        (("  context: idc\n", "  context: idc\n  nodes: {count: 2}\n"),
         "t.yaml:42:3: members[1].nodes: is for ACK clusters; leave it out"),
        (("    idc-prod: 40", "    no: 40"), "t.yaml:64:5: routes[0].weights: the key 'no' is no text: quote it"),
        (("name: demo\n", 'name: "de\\e[2Jmo"\n'), "t.yaml:2:7: name: 'de␛[2Jmo' is not accepted; lower-case letters"),
        (("context: idc", 'context: "\\u202eidc"'), "t.yaml:41:12: members[1].context: '�idc' holds characters"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_told_with_its_place_and_what_is_accepted(change: tuple[str, str], told: str) -> None:
    assert any(one.startswith(told) for one in refused(edited(change))), refused(edited(change))


@pytest.mark.parametrize("host", ["a", "*.example.com", "1.example.com", "xn--bcher-kva.example", f"{'a' * 63}.com"])
def test_a_host_that_an_ingress_takes_is_sound(host: str) -> None:
    quoted = f"host: '{host}'"
    parse(
        edited(("host: demo.example.com", quoted), ("  service: service1", "  paths: [/, /a.b/*]\n  service: s-1")), "t"
    )


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    found = refused(edited(("kind: ack", "kind: akc"), ("port: 8001", "port: 0"), ("zone: cn-hangzhou-k", "zones: k")))

    assert ["20", "30", "33", "48"] == [one.split(":")[1] for one in found]


_SUM = (("    idc-prod: 40", "    idc-prod: 30"), "routes[0].weights: weights sum to 90")
_SWITCH = (("  - gateway-k\n", "  - gatewy-k\n"), "gateway.vswitches[1]: no vSwitch is called 'gatewy-k'")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("host: demo.example.com", "host: a..b"), (_SUM, _SWITCH)),
        (("    services: 172.21.0.0/20", "    services: 3"), (_SUM, _SWITCH)),
        (("  namespace: gateway-demo", "  namespace: 3"), (_SUM, _SWITCH)),
        (("routes:\n", "nope: 1\nroutes:\n"), (_SUM, _SWITCH)),
        (("  service: service1", "  service: s.1"), (_SWITCH,)),
        (("port: 8001", "port: 0"),
         ((("  - pods-j\n  cidrs", "  - pod-j\n  cidrs"), "members[0].pod_vswitches[0]: no"),)),
    ],
)  # fmt: skip
def test_what_parts_say_of_each_other_is_told_along_with_a_wrong_field(
    wrong: tuple[str, str], said: tuple[tuple[tuple[str, str], str], ...]
) -> None:
    whole = refused(edited(*(change for change, _ in said), wrong))

    assert 1 + len(said) == len(whole), whole
    assert all(any(words in one for one in whole) for _, words in said), whole
    alone = refused(edited(wrong))
    assert 1 == len(alone), alone


@pytest.mark.parametrize(
    "wrong",
    [
        ("kind: ack\n", "kind: akc\n"), ("vpc:\n  id: vpc-1", "vpc:\n  id: 3"),
        ("  - pods-j\n  cidrs", "  - 3\n  cidrs"),
        ("name: pods-j", "name: 3"), ("  name: demo-fleet", "  name: 3"), ("    ack-prod: 60", "    ack-prod: x"),
        ("  name: gateway-demo\n", "  name: 3\n"), ("- name: web-demo\n", "- name: web-demo\n  kept: 3\n"),
        ("region: cn-hangzhou\n", ""), ("  listeners:\n  - port: 8001\n", "  listeners: 3\n"),
    ],
)  # fmt: skip
def test_nothing_is_told_of_a_part_that_only_the_wrong_field_makes_unsound(wrong: tuple[str, str]) -> None:
    assert 1 == len(refused(edited(wrong)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1\nb: 2", "t.yaml:2:2: not YAML: "),
        ("a: 1\n\tb: 2", "t.yaml:2:1: not YAML: "),
        ("a: \x1b[2J", "t.yaml:1:4: not YAML: "),
        ("", "t.yaml:1:1: nothing is no mapping; a mapping with schema, name"),
        ("- 1", "t.yaml:1:1: a list is no mapping"),
        ("name: !!python/object:os.system x", "t.yaml:1:7: name: "),
        ("region: 2024-13-45", "t.yaml:1:9: region: "),
        ("<<: {a: 1}", "t.yaml:1:1: the key '<<' is no text"),
        ("? [a]\n: 1", "t.yaml:1:3: the key a list or a mapping is no text"),
        ("name: &a [*a]", "t.yaml: more than 20000 values"),
        ("[" * 5000, "t.yaml:1:"),
        ("name: [\n" + "  x,\n" * 30_000 + "]", "t.yaml: more than 20000 values"),
        ("name: " + "x" * (1 << 20), "t.yaml: larger than 1024 KiB"),
    ],
)  # fmt: skip
def test_what_is_no_topology_is_refused_in_words(text: str, told: str) -> None:
    found = refused(text)

    assert any(one.startswith(told) for one in found), found
    assert all(character.isprintable() for one in found for character in one)


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started = time.perf_counter()

    found = refused("\n".join(lines))

    assert "more than 20000 values" in found[0]
    assert time.perf_counter() - started < 5.0


def test_what_a_disk_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"name: \xe9")
    for name, told in (("none", "No such file"), (".", "Is a directory"), ("latin", "no UTF-8")):
        with pytest.raises(TopologyError, match=told):
            read(tmp_path / name)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)


@given(st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner)))
def test_any_document_is_refused_in_words_and_never_raises_otherwise(value: Any) -> None:
    assert list(problems(value, Topology))
    with pytest.raises(TopologyError):
        parse(yaml.safe_dump(value), "t.yaml")


def places(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def test_problems_are_told_exactly_where_msgspec_refuses() -> None:
    """Whatever one value is replaced by: no problem means that it converts, and a problem that it does not, or that
    it cannot be shown."""
    values: tuple[Any, ...] = (None, True, 7, "x y", "", [], {}, [1], {"a": 1})
    whole = yaml.safe_load(TEXT)
    for path, value in itertools.product(places(whole), values):
        if not path:
            continue
        changed = copy.deepcopy(whole)
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value
        found = list(problems(changed, Topology))
        try:
            msgspec.convert(changed, Topology)
        except msgspec.ValidationError:
            assert found, (path, value)
        else:
            assert not found, (path, value, found)


def test_the_schema_of_the_file_is_the_values_own() -> None:
    shipped = schema("topology-file")

    assert shipped == json.loads(json.dumps(made_schema()))
    jsonschema.validate(yaml.safe_load(TEXT), shipped)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(edited(("kind: ack", "kind: akc"))), shipped)


def made_schema() -> dict[str, Any]:
    """As `python -m tests.topology_files` writes it."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "fleet-console/topology-file/v1",
        "title": "topology.yaml: a hybrid topology as its author writes it",
    }
    return head | msgspec.json.schema(Topology)


def test_a_form_gets_problems_by_their_fields() -> None:
    draft = msgspec.convert(yaml.safe_load(edited(("  - gateway-k\n", "  - gateway-x\n"))), Topology)

    assert [("gateway.vswitches[1]", "no vSwitch is called 'gateway-x'")] == [
        (one.path, one.sentence) for one in references(draft)
    ]
    assert () == references(hybrid())
    assert document(hybrid())["schema"] == "fleet-console/topology/v1"


if __name__ == "__main__":
    target = Path(__file__).parent.parent / "assets" / "schemas" / "topology-file.json"
    target.write_text(json.dumps(made_schema(), indent=1) + "\n", "utf-8")
