"""Random things for the pretend provider, and random drift of every kind."""

import json
import secrets
from collections.abc import Callable
from random import Random
from typing import Any

Attributes = dict[str, Any]
Mutation = Callable[[Random, Attributes], Attributes]
"""From what a thing is to the attributes that are no longer so."""

_WORDS = ("web", "db", "π", 'quo"te', "a.b[0]", "${x}", "", "back\\slash")


def thing(dice: Random, name: str) -> Attributes:
    """Every attribute, and the secret in another one, too."""
    token = secrets.token_hex(12)
    return {
        "name": name,
        "token": token,
        "size": dice.choice(("small", "large")),
        "amount": dice.choice((0, 1, 2.5, 10**12)),
        "enabled": dice.choice((True, False)),
        "status": "running",
        "note": dice.choice((f"use {token} here", "plain")),
        "policy": json.dumps(_policy(dice), sort_keys=True),
        "groups": [f"sg-{number}" for number in range(4)],
        "zones": ["a", "b", "c"],
        "labels": {"team": "x", "dotted.key/and slash": "y", 'quo"te': "z"},
        "tags": {"Name": name, "env": "prod"},
        "rules": [_rule(dice, port) for port in (22, 443, 8080)],
        "peers": [_rule(dice, port) for port in (1, 2, 3)],
        "placement": {"zone": "a", "hosts": {"one": "1", "two": "2"}},
    }


def _policy(dice: Random) -> dict[str, Any]:
    actions = [f"s3:Get{number}" for number in range(dice.randint(1, 3))]
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions}]}


def _rule(dice: Random, port: int) -> Attributes:
    networks = [f"10.{dice.randint(0, 255)}.0.0/16" for _ in range(dice.randint(0, 2))]
    return {"port": port, "protocol": "tcp", "networks": networks, "note": dice.choice(_WORDS)}


def _shuffled(dice: Random, values: list[Any]) -> list[Any]:
    kept = list(values)
    while kept == values:
        dice.shuffle(kept)
    return kept


def _other_policy(dice: Random, now: Attributes) -> Attributes:
    changed = json.loads(now["policy"])
    changed["Statement"][0]["Effect"] = dice.choice(("Deny", "Never"))
    return {"policy": json.dumps(changed)}


def _same_policy(_dice: Random, now: Attributes) -> Attributes:
    said = json.loads(now["policy"])
    return {"policy": json.dumps(dict(reversed(said.items())), indent=2)}


def _label(dice: Random, now: Attributes) -> Attributes:
    name = dice.choice(("labels", "tags"))
    labels = dict(now[name])
    match dice.randrange(3):
        case 0:
            labels[dice.choice(sorted(labels))] = "other"
        case 1:
            labels["added"] = "new"
        case 2:
            del labels[dice.choice(sorted(labels))]
    return {name: labels}


def _edited_rule(dice: Random, now: Attributes) -> Attributes:
    name = dice.choice(("rules", "peers"))
    rules = [dict(rule) for rule in now[name]]
    edited = dice.choice(rules)
    match dice.randrange(3):
        case 0:
            edited["port"] += 10_000
        case 1:
            edited["networks"] = [*edited["networks"], "0.0.0.0/0"]
        case 2:
            edited["note"] += " edited"
    return {name: rules}


def _more_or_less_rules(dice: Random, now: Attributes) -> Attributes:
    name = dice.choice(("rules", "peers"))
    rules = list(now[name])
    if dice.random() < 0.5:
        rules.append(_rule(dice, 9999))
    else:
        del rules[dice.randrange(len(rules))]
    return {name: rules}


def _nested(dice: Random, now: Attributes) -> Attributes:
    placement = now["placement"]
    hosts: dict[str, str] = dict(placement["hosts"])
    match dice.randrange(4):
        case 0:
            return {"placement": {**placement, "zone": "b"}}
        case 1:
            hosts["three"] = "3"
        case 2:
            del hosts["one"]
        case 3:
            hosts["two"] = "22"
    return {"placement": {**placement, "hosts": hosts}}


def _new_token(dice: Random, _now: Attributes) -> Attributes:
    """A secret that was changed, and stands in another attribute, too."""
    token = secrets.token_hex(12)
    return {"token": token, **({"note": f"now {token}"} if dice.random() < 0.5 else {})}


REAL: tuple[Mutation, ...] = (
    lambda _dice, now: {"size": now["size"] + "-er"},
    lambda _dice, now: {"amount": now["amount"] + 1},
    lambda _dice, now: {"enabled": not now["enabled"]},
    lambda _dice, _now: {"note": "edited by hand"},
    lambda _dice, _now: {"size": None},
    lambda dice, now: {"groups": dice.sample(now["groups"], 2)},
    lambda _dice, now: {"groups": [*now["groups"], "sg-new"]},
    lambda dice, now: {"zones": _shuffled(dice, now["zones"])},
    lambda _dice, _now: {"zones": []},
    lambda _dice, _now: {"labels": None},
    lambda dice, now: {"rules": _shuffled(dice, now["rules"])},
    *(_other_policy, _label, _edited_rule, _more_or_less_rules, _nested, _new_token),
)
"""Each is drift to anybody."""
NOISE: tuple[Mutation, ...] = (
    _same_policy,
    lambda dice, now: {"groups": _shuffled(dice, now["groups"])},
    lambda dice, now: {"peers": _shuffled(dice, now["peers"])},
    lambda _dice, _now: {"status": "stopping"},
)
"""Each means the same, or is no drift."""


def drift(dice: Random, thing: Attributes) -> Attributes | None:
    """What is no longer so: a few attributes, or none; None when the thing is gone."""
    if dice.random() < 0.08:
        return None
    changed: Attributes = {}
    for mutate in (*dice.sample(REAL, dice.randint(0, 3)), *dice.sample(NOISE, dice.randint(0, 2))):
        changed = {**mutate(dice, thing), **changed}
    return changed
