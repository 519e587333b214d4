"""A small PromQL: enough of the language for dashboards, alert rules and investigations."""
