import pytest

from headroom.compress.build import Build
from headroom.compress.must_keep import severities
from headroom.compress.progress import rows_of
from headroom.compress.query import Relevance
from tests.compress.line_samples import asking, keeps_the_law, shown

NAMES = [f"{a}{b}lib" for a in "abcd" for b in "efgh"]
PIP = (
    "Looking in indexes: https://pypi.example.org/simple\n"
    + "".join(
        f"Collecting {name}>=1.{n} (from shop)\n  Downloading {name}-1.{n}.2-py3-none-any.whl (1{n} kB)\n"
        f"     ━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1{n}.2/1{n}.2 kB 27{n}.5 MB/s eta 0:00:00\n"
        for n, name in enumerate(NAMES)
    )
    + f"Installing collected packages: {', '.join(NAMES)}\n"
    + f"Successfully installed {' '.join(f'{name}-1.{n}.2' for n, name in enumerate(NAMES))}\n"
)
APT = (
    "Reading package lists...\nBuilding dependency tree...\nReading state information...\n"
    "The following NEW packages will be installed:\n  " + " ".join(NAMES) + "\n"
    f"0 upgraded, {len(NAMES)} newly installed, 0 to remove and 3 not upgraded.\n"
    + "".join(
        f"Get:{n} http://deb.example.org/debian trixie/main amd64 {name} all 1.{n} [1{n} kB]\n"
        for n, name in enumerate(NAMES)
    )
    + "(Reading database ... "
    + "".join(f"\r(Reading database ... {5 * n}%" for n in range(21))
    + "\r(Reading database ... 41061 files and directories currently installed.)\n"
    + "".join(
        f"Preparing to unpack .../{name}_1.{n}_all.deb ...\nUnpacking {name} (1.{n}) ...\n"
        for n, name in enumerate(NAMES)
    )
    + "invoke-rc.d: policy-rc.d denied execution of start.\n"
    + "".join(f"Setting up {name} (1.{n}) ...\n" for n, name in enumerate(NAMES))
)
CARGO = (
    "    Updating crates.io index\n"
    + "".join(f"  Downloaded {name} v1.{n}.0\n" for n, name in enumerate(NAMES))
    + "".join(f"   Compiling {name} v1.{n}.0\n" for n, name in enumerate(NAMES))
    + "   Compiling shop v0.4.1 (/srv/shop)\n"
    + "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 1m 22s\n"
)
LAYERS = "".join(
    f"{n:012x}: {state}\n" for state in ("Pulling fs layer", "Download complete", "Pull complete") for n in range(9)
)
OTHERS = {
    "yarn": "➤ YN0013: │ {name}@npm:1.{n}.0 can't be found in the cache and will be fetched from the remote registry\n",
    "brew": "==> Downloading https://ghcr.example.io/v2/core/{name}/blobs/sha256:{n:064x}\n",
    "curl": "################################                        4{n}.5%\n",
    "wget": " {n}50K .......... .......... .......... .......... ..........  3{n}%  112M\n",
    "conda": "{name}-1.{n}            | 1{n} KB     | ########## | 100%\n",
    "playwright": "|■■■■■■■■■■■■■■■■■■■■■■■■                | {n}0% of 120.3 MiB\n",
    "bundler": "Fetching {name} 1.{n}.0\n",
    "composer": "  - Installing acme/{name} (v1.{n}.0): Extracting archive\n",
    "apk": "({n}/16) Installing {name} (1.{n}.0-r3)\n",
    "pnpm": "Progress: resolved {n}1, reused {n}0, downloaded {n}, added 0\n",
    "go": "go: downloading example.org/x/{name} v1.{n}.0\n",
    "maven": "Downloaded from central: https://repo.example.org/maven2/{name}-1.{n}.pom (2.4 kB at 31 kB/s)\n",
    "npm": "npm http fetch GET 200 https://registry.example.org/{name} 1{n}ms (cache miss)\n",
}
PULL = f"16: Pulling from library/postgres\n{LAYERS}Status: Downloaded newer image for postgres:16\n"


@pytest.mark.parametrize(
    ("text", "question", "stays", "goes"),
    [
        (PIP, "Install what the shop needs.", ["Successfully installed aelib-1.0.2"], ["Collecting", "━━━", "Installing collected"]),
        (PIP, "Which version of bglib was taken?", ["Collecting bglib>=1.6", "bglib-1.6.2"], ["Collecting chlib"]),
        (APT, "Install it.", ["16 newly installed", "policy-rc.d denied", "Setting up dhlib"], ["Get:7", "Unpacking aglib", "41061"]),
        (CARGO, "Does it build?", ["Compiling shop v0.4.1", "Finished `dev`"], ["Downloaded aelib", "Compiling aelib"]),
        (PULL, "Start the database.", ["Status: Downloaded newer image"], ["Pull complete"]),
    ],
    ids=["pip", "pip, a package asked for", "apt", "cargo", "layers"],
)  # fmt: skip
def test_of_an_install_stays_what_it_led_to(text, question, stays, goes):
    found = keeps_the_law(Build(), text, asking(question))
    assert found.transform == "build:progress"
    assert all(fact in shown(found) for fact in stays)
    below = shown(found).partition("\n")[2]  # the note above tells what kinds of line went
    assert not any(fact in below for fact in goes)


@pytest.mark.parametrize("line", OTHERS.values(), ids=OTHERS)
def test_lines_of_progress_are_known_whatever_installs(line):
    going = [line.format(name=name, n=n) for n, name in enumerate(NAMES)]
    text = f"Resolving\n{''.join(going)}Done in 4s.\nAll is there.\n"
    assert rows(text) == [line.removesuffix("\n") for line in going]


def rows(text, question="Install it."):
    lines = text.split("\n")
    found = rows_of(lines, severities(lines), Relevance(question))
    return [line for row, line in enumerate(lines) if row in found]


def test_what_was_being_done_when_it_failed_stays():
    failing = CARGO.replace(
        "   Compiling bglib v1.6.0\n", "   Compiling bglib v1.6.0\nerror: linking with `cc` failed\n"
    )
    assert "   Compiling bglib v1.6.0" not in rows(failing)
    assert "   Compiling aelib v1.0.0" in rows(failing)


def test_what_stands_last_stays():
    stopped = CARGO[: CARGO.index("   Compiling chlib")]
    assert "   Compiling cglib v1.10.0" not in rows(stopped)
    assert "   Compiling cglib v1.10.0" in rows(CARGO)


@pytest.mark.parametrize(
    "text",
    ["Collecting a\nCollecting b\nERROR: no\n", "Compiling the list of all names\n" * 9, CARGO[:100] + "x = 1\n" * 200],
    ids=["few", "prose", "among much else"],
)
def test_little_progress_stays(text):
    assert not rows(text)


def test_kinds_that_a_question_asks_after_stay():
    assert not any("Downloaded" in line for line in rows(CARGO, "What was downloaded?"))
    assert any("Downloaded" in line for line in rows(CARGO, "Was it compiled?"))
