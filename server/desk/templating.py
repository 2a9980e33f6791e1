"""The Jinja environment of the pages: everything is escaped, and what a template misspells is an error."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from server.desk.assets import asset_address
from server.desk.language import label, shown_day, shown_moment, shown_weekday, t
from server.desk.typed_words import told_fields

TEMPLATES = Path(__file__).parent / "templates"


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """Litestar's configuration of the templates."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(t=t, label=label, asset=asset_address)
    environment.filters.update(moment=shown_moment, day=shown_day, weekday=shown_weekday, told=told_fields)
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))
