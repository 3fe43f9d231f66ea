"""Where a name is looked up among many hits: its hits, or its definition, and of the others their number."""

import pytest

from headroom.compress.search import Search
from tests.compress.line_samples import asking, keeps_the_law, shown

SEARCH = Search()
OTHERS = "".join(
    f"src/area_{n // 30}/part_{n // 10}.py:{7 * n + 1}:    total_{n} = other_work_{n % 13}(total_{n - 1}, limit)\n"
    for n in range(150)
)
USES = "".join(f"src/area_{n}/part_{n * 3}.py:{900 + n}:        return grow_tree(node_{n}, limit)\n" for n in range(5))


def hits(definition, uses=USES):
    return f"{OTHERS}{uses}src/trees/grow.x:12:{definition}\n{OTHERS.replace('src/', 'test/')}"


@pytest.mark.parametrize(
    "definition",
    [
        "def grow_tree(node, limit):",
        "    async def grow_tree(self, node):",
        "export default function grow_tree(node) {",
        "export const grow_tree = async (node) => {",
        "func (t *Tree) grow_tree(limit int) error {",
        "pub(crate) fn grow_tree<T>(node: T) -> u8 {",
        "static struct node *grow_tree (struct node *n, int limit) {",
        "#define grow_tree(n) grow_tree_to((n), 0)",
        "class grow_tree(Base):",
        "grow_tree = partial(grow, trees=True)",
        "  grow_tree: function (node) {",
    ],
)
def test_the_definition_asked_for_stays_and_other_hits_of_the_name_are_counted(definition):
    view = shown(keeps_the_law(SEARCH, hits(definition), asking("Where is `grow_tree` defined?")))
    assert f"src/trees/grow.x\n12:{definition}\n" in view
    assert "return grow_tree" not in view
    assert '[~ 5 other hits with "grow_tree": src/area_0/part_0.py 1, ' in view


@pytest.mark.parametrize(
    ("question", "definition"),
    [
        ("Where is `grow_tree` called?", "def grow_tree(node, limit):"),
        ("Where is `grow_tree` defined and who calls it?", "def grow_tree(node, limit):"),
        ("Where is `grow_tree` defined?", "    see grow_tree for more;"),
        ("Where is `grow_tree` defined?", "extern int grow_tree (struct node *n);"),
    ],
    ids=["not asked", "asked for more", "none", "a declaration"],
)
def test_all_hits_of_a_name_stay_where_no_definition_alone_is_asked_for(question, definition):
    view = shown(keeps_the_law(SEARCH, hits(definition), asking(question)))
    assert definition in view
    assert view.count("return grow_tree") == 5
    assert "other hits" not in view


def test_beside_hits_of_a_name_that_is_looked_up_no_others_stay_but_at_the_ends():
    text = "".join(
        f"src/part_{n // 25}.py:{n + 1}:    {'grow_tree' if n % 60 == 40 else 'other_work'}(total_{n}, limit)\n"
        for n in range(250)
    )
    view = shown(keeps_the_law(SEARCH, text, asking("Where does `grow_tree` come up? Give me the file and line.")))
    assert view.count("grow_tree(") == 4
    assert view.count("other_work(") <= 6
    surveyed = shown(keeps_the_law(SEARCH, text, asking("Explain how `grow_tree` fits in with the rest")))
    assert surveyed.count("other_work(") > 10


def test_of_two_questions_the_words_of_the_one_without_a_name_count():
    text = hits("def grow_tree(node, limit):").replace("other_work_7(", "harvest(")
    view = shown(keeps_the_law(SEARCH, text, asking("Where is `grow_tree` called, and which lines are about harvest?")))
    assert view.count("return grow_tree") == 5
    assert "harvest(" in view


def test_lines_of_context_stay_beside_a_hit_that_is_looked_up():
    text = "".join(
        f"lib/file_{n}.c-{9}-/* about part {n} */\nlib/file_{n}.c:10:int part_{n}_size;\nlib/file_{n}.c-11-\n--\n"
        for n in range(60)
    )
    view = shown(keeps_the_law(SEARCH, text, asking("Where is `part_31_size`?")))
    assert "9-/* about part 31 */\n10:int part_31_size;" in view
    assert "about part 30" not in view
