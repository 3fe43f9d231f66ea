"""What the README says of the options."""

from headroom.option_tables import markdown_tables
from headroom.settings import TABLE


def test_the_tables_for_people_name_every_visible_option():
    text = markdown_tables()
    for entry in TABLE:
        for name in (entry.option.flag, entry.option.env):
            if name and not entry.option.hidden:
                assert f"`{name}`" in text


def test_the_default_of_a_switch_is_what_its_flag_and_variable_say():
    rows = [line for line in markdown_tables().splitlines() if line.startswith(("| `--no-", "| `--disable-"))]
    assert len(rows) > 5
    assert [line for line in rows if line.split("|")[3].strip() != "off"] == []
