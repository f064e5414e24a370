"""`python -m neurosim`: the command line."""

from neurosim.cli import main

raise SystemExit(main())
