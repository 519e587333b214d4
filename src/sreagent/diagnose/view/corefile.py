"""The configuration of CoreDNS, read for what it does to the names of Services."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sreagent.diagnose.objects.shapes import part
from sreagent.diagnose.view.scene import Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import entity_of
from sreagent.domain.text import one_line

KEY = "Corefile"
DOMAIN = "cluster.local"
LARGEST = 65_536
_NO_ANSWER = ("NXDOMAIN", "SERVFAIL", "REFUSED")
_SORTS = ("exact", "prefix", "suffix", "substring", "regex")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One line of a server block, with what its braces hold."""

    name: str
    arguments: tuple[str, ...]
    body: tuple[tuple[str, ...], ...] = ()

    def inner(self, name: str) -> list[tuple[str, ...]]:
        """Arguments of each line of the body that begins with this word."""
        return [line[1:] for line in self.body if line and line[0] == name]


@dataclass(slots=True, kw_only=True)
class Server:
    """One server block: its zones and what is done with their names."""

    zones: tuple[str, ...]
    plugins: list[Plugin] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongAnswer:
    """Something in a Corefile that gives Services another answer than their address."""

    config: Entity
    says: str
    names: tuple[str, ...]
    """`cart.shop` of each Service it is about; empty when it is about all of them."""

    def is_about(self, service: Entity) -> bool:
        """Whether the name of this Service is answered wrongly."""
        return not self.names or f"{service.name}.{service.namespace}" in self.names


def read_corefile(text: str) -> list[Server]:
    """Server blocks of a Corefile; what has no shape is left out."""
    servers: list[Server] = []
    head: tuple[str, ...] = ()
    nested: list[tuple[str, ...]] = []
    depth = 0
    for line in text[:LARGEST].splitlines():
        words = line.partition("#")[0].split()
        tokens = tuple(word for word in words if word not in ("{", "}"))
        if words == ["}"]:
            depth = max(depth - 1, 0)
        if depth == 1 and tokens and words[-1] == "{":
            head, nested = tokens, []
        elif depth == 1 and servers and (tokens or head):
            name, *arguments = tokens or head
            made = Plugin(name=name, arguments=tuple(arguments), body=tuple(nested))
            servers[-1].plugins.append(made)
            head, nested = (), []
        elif depth > 1 and tokens:
            nested.append(tokens)
        elif depth == 0 and tokens:
            servers.append(Server(zones=tuple(zone.rpartition(":")[0] or zone for zone in tokens)))
        depth += bool(words) and words[-1] == "{"
    return servers


@once_per_scene
def corefiles(scene: Scene) -> tuple[tuple[Entity, str], ...]:
    """ConfigMaps of name servers of this cluster, with their Corefile."""
    found = []
    for item in scene.all("ConfigMap"):
        text = part(item, "data").get(KEY)
        if isinstance(text, str) and "local" not in item["metadata"]["name"]:
            found.append((entity_of("ConfigMap", item), text))
    return tuple(found)


@once_per_scene
def wrong_answers(scene: Scene) -> tuple[WrongAnswer, ...]:
    """Whatever the name server is told to answer about Services, beside where they are."""
    return tuple(
        WrongAnswer(config=config, says=says, names=names)
        for config, text in corefiles(scene)
        for says, names in _wrong(scene, read_corefile(text))
    )


def _wrong(scene: Scene, servers: list[Server]) -> Iterator[tuple[str, tuple[str, ...]]]:
    plugins = [plugin for server in servers for plugin in server.plugins]
    names = [plugin.name for plugin in plugins]
    if names and "kubernetes" not in names and not _hands_on(plugins):
        yield "has no kubernetes plugin, so no Service has a name", ()
    for plugin in plugins:
        if plugin.name == "template":
            yield from _template(scene, plugin)
        elif plugin.name == "rewrite":
            yield from _rewrite(scene, plugin)
        elif plugin.name == "hosts":
            yield from _hosts(scene, plugin)
        elif plugin.name == "kubernetes" and plugin.arguments:
            zones = plugin.arguments
            if not any(DOMAIN.endswith(zone.rstrip(".")) for zone in zones) and _uses(scene):
                yield f"serves the names of {zones[0]} and not of {DOMAIN}", ()


def _hands_on(plugins: list[Plugin]) -> bool:
    """Whether another server is asked for the names of Services."""
    return any(one.name == "forward" and DOMAIN in " ".join(one.arguments) for one in plugins)


def _uses(scene: Scene) -> bool:
    return any(f"svc.{DOMAIN}" in log.text for log in scene.inventory.logs)


def _template(scene: Scene, plugin: Plugin) -> Iterator[tuple[str, tuple[str, ...]]]:
    kind = plugin.arguments[1] if len(plugin.arguments) > 1 else "ANY"
    codes = [code for line in plugin.inner("rcode") for code in line]
    refuses = next((code for code in codes if code in _NO_ANSWER), "")
    if kind == "AAAA" or not (refuses or plugin.inner("answer")):
        return
    patterns = " ".join(word for line in plugin.inner("match") for word in line)
    zones = " ".join(plugin.arguments[2:])
    answers = f"answers {refuses}" if refuses else "answers with something else"
    for about, names in _about(scene, patterns or zones):
        yield f"has a template that {answers} for {about}", names


def _rewrite(scene: Scene, plugin: Plugin) -> Iterator[tuple[str, tuple[str, ...]]]:
    words = [word for word in plugin.arguments if word not in ("stop", "continue", *_SORTS)]
    lines = [words, *(list(line) for line in plugin.body)]
    for line in lines:
        if line[:1] == ["name"] and len(line) > 2:
            source, target = [word for word in line[1:] if word not in _SORTS][:2]
            for about, names in _about(scene, source):
                yield f"rewrites {about} to {one_line(target, 80)}", names


def _hosts(scene: Scene, plugin: Plugin) -> Iterator[tuple[str, tuple[str, ...]]]:
    listed = " ".join(word for line in plugin.body for word in line[1:])
    for about, names in _about(scene, listed) if listed else ():
        yield f"has fixed addresses for {about}", names
    if not plugin.inner("fallthrough") and not plugin.arguments[1:]:
        yield "has a hosts plugin without fallthrough, which answers NXDOMAIN for all it lacks", ()


def _about(scene: Scene, pattern: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Services that a pattern is about, told and by name; nothing when it is about others."""
    plain = pattern.replace("\\", "").replace("[.]", ".").replace('"', "")
    names = tuple(
        f"{meta['name']}.{meta.get('namespace', '')}"
        for meta in (service["metadata"] for service in scene.all("Service"))
        if _has(plain, f"{meta['name']}.{meta.get('namespace', '')}")
    )
    core = plain.strip("^.*()$? ")
    space = core.removesuffix(".").removesuffix(f".svc.{DOMAIN}")
    if names:
        yield f"{', '.join(names[:3])}{' and others' if len(names) > 3 else ''}", names
    elif not core or core.startswith((f"svc.{DOMAIN}", DOMAIN)):
        yield "all names of Services", ()
    elif space != core and (inside := scene.all("Service", space) if space else []):
        names = tuple(f"{one['metadata']['name']}.{space}" for one in inside)
        yield f"all names of namespace {space}", names


def _has(text: str, name: str) -> bool:
    at = text.find(name)
    before = text[at - 1] if at > 0 else ""
    after = text[at + len(name) : at + len(name) + 1]
    return (
        at >= 0
        and not (before.isalnum() or before == "-")
        and not (after.isalnum() or after == "-")
    )
