import pytest

from headroom.compress.detect import detect
from headroom.compress.plans import Plan
from headroom.compress.rendition import Hints
from tests.compress.line_samples import asking, keeps_the_law, shown

LATER = "(known after apply)"


def created(name, *values):
    body = "".join(f"      + {value}\n" for value in values)
    later = "".join(
        f"      + {key:<24} = {LATER}\n" for key in ("arn", "id", "owner_id", "ipv6_association", "dns_name", "zone_id")
    )
    return f'  # aws_subnet.{name} will be created\n  + resource "aws_subnet" "{name}" {{\n{body}{later}    }}\n\n'


PLAN = (
    "".join(f"aws_subnet.old[{n}]: Refreshing state... [id=subnet-0a1b2c3d4e5f{n:04}]\n" for n in range(20))
    + "data.aws_ami.this: Reading...\ndata.aws_ami.this: Read complete after 1s [id=ami-0f3a2b1c4d5e6f708]\n\n"
    "Terraform used the selected providers to generate the following execution\n"
    "plan. Resource actions are indicated with the following symbols:\n  + create\n  ~ update in-place\n  - destroy\n"
    "-/+ destroy and then create replacement\n\nTerraform will perform the following actions:\n\n"
    "  # aws_db_instance.main must be replaced\n"
    '-/+ resource "aws_db_instance" "main" {\n'
    f'      ~ address           = "shop.c9akciq32.eu-west-1.rds.example.com" -> {LATER}\n'
    f'      ~ arn               = "arn:aws:rds:eu-west-1:493812345678:db:shop" -> {LATER}\n'
    f'      ~ endpoint          = "shop.c9akciq32.eu-west-1.rds.example.com:5432" -> {LATER}\n'
    "      ~ allocated_storage = 100 -> 200\n"
    '      ~ db_name           = "shop" -> "store" # forces replacement\n'
    f'      ~ kms_key_id        = "arn:aws:kms:eu-west-1:493812345678:key/1d2c" -> {LATER} # forces replacement\n'
    f"      ~ listeners         = [\n          - 5432,\n        ] -> {LATER}\n"
    "        # (38 unchanged attributes hidden)\n    }\n\n"
    "  # aws_s3_bucket.exports will be destroyed\n  # (because aws_s3_bucket.exports is not in configuration)\n"
    '  - resource "aws_s3_bucket" "exports" {\n'
    + "".join(
        f'      - {key} = "shop-exports-{key}" -> null\n' for key in ("arn", "bucket", "hosted_zone_id", "region")
    )
    + "    }\n\n"
    + "".join(
        created(f"cache_{name}", f'cidr_block               = "10.0.{n}.0/24"') for n, name in enumerate("abcdef")
    )
    + "Plan: 7 to add, 0 to change, 2 to destroy.\n\n"
    + "─" * 77
    + "\n\nNote: You didn't use the -out option to save this plan, so Terraform can't\n"
    'guarantee to take exactly these actions if you run "terraform apply" now.\n'
)
ALWAYS = [
    "# aws_db_instance.main must be replaced",
    "# aws_s3_bucket.exports will be destroyed",
    "is not in configuration",
    "# aws_subnet.cache_d will be created",
    '"shop" -> "store" # forces replacement',
    f"{LATER} # forces replacement",
    "Plan: 7 to add, 0 to change, 2 to destroy.",
]
NEVER = ["Refreshing state", "unchanged attributes hidden", "+ owner_id", "-out option", "Read complete"]


@pytest.mark.parametrize(
    ("question", "stays", "goes"),
    [
        ("Will the plan destroy anything?", ["allocated_storage = 100 -> 200"], ["10.0.3.0/24", "hosted_zone_id"]),
        ("Which ranges do the new subnets get?", ["10.0.0.0/24", "10.0.5.0/24"], ["hosted_zone_id", "allocated_storage"]),
        ("Plan the change of the staging area.", ["allocated_storage = 100 -> 200"], ["hosted_zone_id"]),
        ("Add a subnet for the cache.\nI run the plan.", ["10.0.3.0/24", "allocated_storage = 100 -> 200"], ["hosted_zone_id"]),
        ("Add a new cache.\nIs anything destroyed?", ["allocated_storage = 100 -> 200"], ["10.0.3.0/24", "hosted_zone_id"]),
        ("Is `aws_s3_bucket.exports` in use?", ["hosted_zone_id"], []),
        ("Go on.", ["10.0.3.0/24", "allocated_storage = 100 -> 200"], ["hosted_zone_id"]),
    ],
    ids=["destroyed", "created", "changed", "a task", "a task and a question", "named", "nothing asked"],
)  # fmt: skip
def test_of_a_plan_stays_what_is_asked_for_and_what_becomes_of_each_resource(question, stays, goes):
    found = keeps_the_law(Plan(), PLAN, asking(question))
    below = shown(found).partition("\n")[2]
    assert [fact for fact in [*ALWAYS, *stays] if fact not in below] == []
    assert [fact for fact in [*NEVER, *goes] if fact in below] == []


def test_a_plan_is_told_from_settings_whatever_ran():
    for command in (None, "terraform plan -no-color", "make plan | tail -n 60"):
        assert detect(PLAN, Hints(command=command)).kinds[:1] == ("plan",)
    piece = PLAN[PLAN.index("      ~ endpoint") :]
    assert detect(piece, Hints()).kinds[:1] == ("plan",)
    assert detect('resource "aws_subnet" "a" {\n  cidr_block = "10.0.0.0/24"\n}\n' * 9, Hints()).kinds[:1] != ("plan",)


def test_a_resource_that_is_cut_off_stays_as_far_as_it_is_told():
    cut = PLAN[: PLAN.index("      ~ kms_key_id")]
    assert '"shop" -> "store" # forces replacement' in shown(keeps_the_law(Plan(), cut, asking("What is replaced?")))


def test_without_a_resource_nothing_is_left_out():
    assert Plan().lossy("No changes. Your infrastructure matches the configuration.\n" * 30, asking("Go on.")) is None
