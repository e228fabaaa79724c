"""What `chalice package` lacks and `chalice deploy` with the commands here has: for `--merge-template`.

Functions get the names `chalice deploy` gives them, which policies, log groups and alarms go by; the API gets the
gateway's answers and traces.
"""

from __future__ import annotations

from typing import Any

from ops.gateway_responses import JSON, wanted

FUNCTIONS = {"APIHandler": "", "RunJobs": "-run_jobs", "BuryJobs": "-bury_jobs", "SweepJobs": "-sweep_jobs"}
"""Names of the functions in chalice's template, and what the deployed ones end with."""


def extras(stage: str) -> dict[str, Any]:
    """The template to merge, for a stage."""
    answers = {
        one.type: {
            "statusCode": str(one.status),
            "responseTemplates": {JSON: one.body},
            "responseParameters": one.arguments()["responseParameters"],
        }
        for one in wanted()
    }
    api = {"TracingEnabled": True, "DefinitionBody": {"x-amazon-apigateway-gateway-responses": answers}}
    functions = {
        name: {"Properties": {"FunctionName": f"folioport-{stage}{ending}"}} for name, ending in FUNCTIONS.items()
    }
    return {"Resources": {"RestAPI": {"Properties": api}, **functions}}
