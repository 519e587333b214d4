"""Who made a change, when and how."""
