import pytest

from headroom.compress.code import Code
from headroom.compress.code_names import name_of
from tests.compress.line_samples import asking, keeps_the_law, shown


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("def total(self, items):", "total"),
        ("    async def read(self) -> bytes:", "read"),
        ("export default class Router extends Base {", "Router"),
        ("type Handler struct {", "Handler"),
        ("function on (method, path) {", "on"),
        ("Router.prototype._on = function _on (method, path) {", "_on"),
        ("Router.prototype.off = function (method) {", "off"),
        ("static int lua_rawget (lua_State *L) {", "lua_rawget"),
        ("int main (int argc, char **argv)", "main"),
        ("void Shop::close() noexcept override {", "close"),
        ("CREATE TABLE public.product (", "product"),
        ("const limits = readLimits(env);", "limits"),
        ("logger = get_logger(__name__)", "logger"),
        ("local symtab = setmetatable({}, meta)", "symtab"),
        ("  private static final Logger LOG = LoggerFactory.getLogger(Shop.class);", "LOG"),
        ("PROCESS_NAMES: dict[str, int] = dict(", "PROCESS_NAMES"),
        ("$navbar-light-color: rgba($black, .5) !default;", "$navbar-light-color"),
        ("--brand-color: rgb(1, 2, 3);", "--brand-color"),
        ("function(item_path file resolved)", "item_path"),
        ("#define LIMIT(x) ((x) + 1)", "LIMIT"),
        ("class Order does Printable {", "Order"),
        # nothing is defined
        ("Element implicitly has an 'any' type because expression of type 'any' is used.", ""),
        ("This module provides functions to list files", ""),
        ("Any additional (optional) arguments provided are passed along", ""),
        ("// zero (or more) of type foo", ""),
        ("# the function reads (lazily) all of it", ""),
        ("endfunction()", ""),
        ("endfunction(item_path)", ""),
        ("items.push(one);", ""),
        ("app.use(express.json());", ""),
        ("register(handlers);", ""),
        ("    self->next(1)", ""),
    ],
)
def test_the_name_of_a_line_is_what_it_defines(line, name):
    assert name_of(line) == name


def test_a_notice_names_no_word_of_a_comment_and_no_call():
    body = "".join(
        f"function part{n} (a, b) {{\n"
        + "".join(f"  a += {k} * b + table[{k}][{n}];\n" for k in range(9))
        + f"  return a + {n} * b;\n}}\n\n"
        f"// The type because the expression (optional) of part {n}.\n\n"
        f"items.push(part{n});\n\n"
        for n in range(60)
    )
    view = shown(keeps_the_law(Code(), body, asking("What does `part33` return?")))
    assert "part12, part13" in view
    assert "because" not in view.replace("The type because", "")
    assert "push" not in view.replace("items.push", "")
