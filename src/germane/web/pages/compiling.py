"""Templates compiled to cheaper Python than Jinja2's own, for pages that print hundreds of values each.

What differs: what is printed is escaped by `written`, which makes no object of its own for each value, `a.b` in a
template is Python's own `a.b`, so that a name that a record does not have is an error, instead of nothing at all,
functions and macros are called as Python calls them (so none may ask for Jinja2's context), a block is one text, and
imported macros are looked up once.
"""

from collections.abc import Iterable
from keyword import iskeyword
from typing import Any

from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.utils import missing
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


class QuickMacro(Macro):
    """A macro that is called as Python calls a function: what it is given is put in order and nothing else is done."""

    def __call__(self, *given: Any, **named: Any) -> str:
        """Return what the macro prints: markup, but where its template is not escaped."""
        wanted = self.arguments[len(given) :]
        values = [*given, *[named.pop(name, missing) for name in wanted]] if wanted else given
        if self.caller:
            caller = named.pop("caller", None) or self._environment.undefined("No caller defined", name="caller")
            values = [*values, caller]
        if named or len(given) > self._argument_count:
            raise TypeError(f"macro {self.name!r} takes {', '.join(self.arguments)}, not {[*given, *named]!r}")
        text = self._func(*values)
        return _as_markup(Markup, text) if self._default_autoescape else text


_as_markup = str.__new__  # what Markup() does, without asking whether what is known to be text is


class _Generator(CodeGenerator):
    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 – Jinja2's name
        self.writeline(f"from {__name__} import QuickMacro, _escape_inner, written")
        super().visit_Template(node, frame)

    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Frame) -> None:
        """Gather what a template or a block prints, and yield it as one text: a yield passes through all above it."""
        is_outermost = frame.buffer is None
        if is_outermost:
            self.buffer(frame)
        super().blockvisit(nodes, frame)
        if is_outermost:
            self.writeline(f"yield concat({frame.buffer})")
            frame.buffer = None

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 – Jinja2's name
        is_plain = isinstance(node.node, nodes.Name | nodes.Getattr | nodes.Getitem | nodes.Call)
        if is_plain and node.attr.isidentifier() and not iskeyword(node.attr):
            self.visit(node.node, frame)
            self.write(f".{node.attr}")
        else:
            self.write("getattr(")
            self.visit(node.node, frame)
            self.write(f", {node.attr!r})")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        self.visit(node.node, frame)
        self.write("(")
        for value in node.args:
            self.visit(value, frame)
            self.write(", ")
        for named in node.kwargs:
            self.write(f"{named.key}=")
            self.visit(named.value, frame)
            self.write(", ")
        for stars, some in (("*", node.dyn_args), ("**", node.dyn_kwargs)):
            if some is not None:
                self.write(stars)
                self.visit(some, frame)
                self.write(", ")
        self.write("caller=caller)" if forward_caller else ")")

    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        self.write("Quick")  # and what follows is "Macro(…"
        super().macro_def(macro_ref, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("(_escape_inner(text) if type(text := ")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_post(node, frame, finalize)
        else:
            self.write(") is str else written(text))")  # most are text, for which no function is called in between


class _Template(Template):
    """A template whose macros others import. All have the environment's globals, so one module serves them all."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()  # with a context it would compare all globals at each import


class PageEnvironment(Environment):
    """A Jinja2 environment whose templates are compiled so."""

    code_generator_class = _Generator
    template_class = _Template
