"""One module per kind of resource: what a resource of the template lacks, and how to mend or remove it."""
