"""The operator's command line: one module per group of commands, thin over the rest of `ops`."""
