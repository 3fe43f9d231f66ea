"""``python -m headroom.cli``: the same program, for where no script is installed."""

from headroom.cli.main import main

main()
