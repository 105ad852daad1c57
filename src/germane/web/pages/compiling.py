"""Templates compiled to cheaper Python than Jinja2's own, for pages that print hundreds of values each.

What differs: what is printed is escaped by `written`, which makes no object of its own for each value, `a.b` in a
template is Python's own `a.b`, so that a name that a record does not have is an error, instead of nothing at all, and
imported macros are looked up once.
"""

from typing import Any

from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup, escape

try:
    from markupsafe._speedups import _escape_inner
except ImportError:  # as markupsafe itself does where its C part was not built
    from markupsafe._native import _escape_inner


def written(value: Any) -> str:
    """Return a value as it stands in the page: escaped, unless it is markup."""
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    if kind is int or kind is float:
        return str(value)
    return value if kind is Markup else escape(value)


class _Generator(CodeGenerator):
    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 – Jinja2's name
        self.writeline(f"from {__name__} import written")
        super().visit_Template(node, frame)

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 – Jinja2's name
        self.write("getattr(")
        self.visit(node.node, frame)
        self.write(f", {node.attr!r})")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("written(")


class _Template(Template):
    """A template whose macros others import. All have the environment's globals, so one module serves them all."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()  # with a context it would compare all globals at each import


class PageEnvironment(Environment):
    """A Jinja2 environment whose templates are compiled so."""

    code_generator_class = _Generator
    template_class = _Template
