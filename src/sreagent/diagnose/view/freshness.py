"""Whether somebody edited an object lately, and not only when it was made."""

from datetime import datetime

from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.shapes import whole
from sreagent.diagnose.view.reloads import reloads
from sreagent.diagnose.view.scene import Scene
from sreagent.diagnose.view.write_order import untold_write
from sreagent.domain.inventory import Obj, entity_of

DAY = 86_400
MAKING = 300
"""Seconds after its creation in which an edit still belongs to making the object."""


def edited_at(scene: Scene, item: Obj) -> datetime | None:
    """When its content was edited last; when it was made, if nobody did since."""
    edit, untold = last_edit(item), untold_write(scene, item)
    reload = reloads(scene).get(entity_of(str(item.get("kind")), item))
    known = [
        *(one.at for one in (edit, reload) if one),
        untold.after if untold else None,
        scene.created(item),
    ]
    return max((one for one in known if one), default=None)


def was_edited(scene: Scene, item: Obj) -> bool:
    """Whether its content is not what it was made with, as far as the server tells."""
    at, made = edited_at(scene, item), scene.created(item)
    later = at is not None and made is not None and (at - made).total_seconds() > MAKING
    return later or (whole(item, "metadata", "generation") or 1) > 1


def edited_lately(scene: Scene, item: Obj) -> bool:
    """Whether it was edited within a day, or at a time that nobody noted."""
    at, made = edited_at(scene, item), scene.created(item)
    if not was_edited(scene, item) or at is None or made is None:
        return False
    dated = (at - made).total_seconds() > MAKING
    return not dated or (scene.age(at) or 0) < DAY


def fresh_edit(scene: Scene, item: Obj) -> datetime | None:
    """When it was edited, if that is known and was within a day."""
    at, made = edited_at(scene, item), scene.created(item)
    if at is None or made is None or (at - made).total_seconds() <= MAKING:
        return None
    return at if (scene.age(at) or 0) < DAY else None
