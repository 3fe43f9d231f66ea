"""Pages as browser tools tell them: what an action needs stays, with its handle."""

import re

import pytest

from headroom.accounts import tokens
from headroom.compress.legends import to_top
from headroom.compress.rendition import Gap, Hints
from headroom.compress.router import Policy, compress
from headroom.compress.snapshot import PageSnapshot
from headroom.pipeline.block import Job, run
from headroom.retrieval.markers import parse
from headroom.retrieval.view import View

GOODS = [
    f"{colour} {thing}"
    for thing in ("chair", "table", "lamp", "shelf", "mug")
    for colour in ("Oak", "Steel", "Blue", "Red")
]


def playwright():
    lines = [
        "### Page state",
        "- Page URL: https://shop.example/catalog",
        "- Page Snapshot:",
        "```yaml",
        "- generic [active] [ref=e1]:",
        "  - banner [ref=e2]:",
        '    - searchbox "Search products" [ref=e4]',
        '    - button "Sign in" [ref=e5] [cursor=pointer]',
        "  - main [ref=e6]:",
        '    - heading "Catalog" [level=1] [ref=e7]',
        "    - list [ref=e8]:",
    ]
    for n in range(80):
        lines += [
            f"      - listitem [ref=e{n * 4 + 9}]:",
            f'        - link "{GOODS[n % 20]} {n}" [ref=e{n * 4 + 10}] [cursor=pointer]:',
            f"          - /url: /item/{n}",
            f"        - generic [ref=e{n * 4 + 11}]: ${n * 7 % 90}.50",
            f'        - button "Add to cart" [ref=e{n * 4 + 12}] [cursor=pointer]',
        ]
    lines += ["  - contentinfo [ref=e900]:", '    - textbox "Your address" [ref=e901]', "```"]
    return "\n".join(lines) + "\n"


def devtools():
    lines = ["# take_snapshot response", "## Page content", 'uid=1_0 RootWebArea "Catalog" url="https://shop.example/"']
    lines.append('  uid=1_1 textbox "Your address"')
    for n in range(80):
        lines += [
            f"  uid=1_{n * 3 + 2} listitem",
            f'    uid=1_{n * 3 + 3} link "{GOODS[n % 20]} {n}" url="https://shop.example/item/{n}"',
            f'    uid=1_{n * 3 + 4} button "Add to cart"',
        ]
    return "\n".join(lines) + "\n"


PAGES = {"Playwright": playwright(), "Chrome's developer tools": devtools()}


def squeeze(text, query, *, lossy=True):
    return compress(
        text,
        Hints(query=query),
        Policy(lossy=lossy),
        tokens.count,
        render=lambda gap: f"[~ gap {gap.first}: {gap.note}]",
    )


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_the_element_that_is_named_stays_with_what_acts_on_it(page):
    found = squeeze(page, 'Put the "Oak lamp 48" into the cart.')
    assert found.transform == "snapshot:named"
    at = page.split("\n").index(next(line for line in page.split("\n") if "Oak lamp 48" in line))
    link, button, *_ = (line for line in page.split("\n")[at : at + 4] if "link" in line or "button" in line)
    assert link in found.text
    assert button in found.text
    assert "Your address" in found.text
    assert found.tokens_after < 0.2 * found.tokens_before
    assert re.search(r"\d+x link", found.gaps[0].note)
    for gap in found.gaps:
        assert "Oak lamp 48" not in View(page).cut("lines", gap.first, gap.last)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_each_line_that_stays_has_its_ancestors(page):
    shown = squeeze(page, 'Put the "Oak lamp 48" into the cart.').text.split("\n")
    lines = page.split("\n")
    for line in shown:
        if line not in lines or not line.startswith(" "):
            continue
        row = lines.index(line)
        depth = len(line) - len(line.lstrip())
        above = next(lines[at] for at in range(row - 1, -1, -1) if len(lines[at]) - len(lines[at].lstrip()) < depth)
        assert above in shown


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_gap_stands_at_the_depth_of_what_it_left_out(page):
    sent = run(Job(page, Hints(query='Put the "Oak lamp 48" into the cart.'), Policy(lossy=True), handle="0" * 24), 60)
    gaps = [mark for mark in parse(sent.text) if isinstance(mark, Gap)]
    assert gaps
    for gap in gaps:
        gone = View(page).cut("lines", gap.first, gap.last).split("\n")
        assert len(gap.indent) == min(len(line) - len(line.lstrip(" ")) for line in gone if line)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("query", ["Please go on.", "List every product.", "What is on this page?"])
def test_where_nothing_is_named_nothing_is_left_out(page, query):
    found = squeeze(page, query)
    assert found.lossless
    if found.text is not None:
        assert PageSnapshot().decode(to_top(found.text)) == page


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_without_loss_every_handle_stays(page):
    found = squeeze(page, "", lossy=False)
    assert found.kind == "snapshot"
    if found.text is not None:
        assert PageSnapshot().decode(to_top(found.text)) == page
        assert set(re.findall(r"ref=\w+|uid=\w+", page)) <= set(re.findall(r"ref=\w+|uid=\w+", found.text))
