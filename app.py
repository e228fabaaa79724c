"""The Chalice application: middleware, the dialects' blueprints, and the handlers of the queue and the clock.

No logic, and nothing read or made at import but the names of the queues and how many workers there may be: `chalice
package` imports this module on a machine without any of the rest. Handlers stand here and not in a blueprint, so that a
worker imports this module and has its middleware (aws/chalice issue 1566). Job libraries are imported by the first job,
not by an API container.
"""

from __future__ import annotations

import gc
import os

gc.disable()  # modules make no garbage: looking for it is a tenth of their time

from chalice.app import Chalice, CloudWatchEvent, SQSEvent  # noqa: E402

from chalicelib.dialects import front, routebook  # noqa: E402

app = Chalice(app_name="folioport", configure_logs=False)
app.api.binary_types = front.BINARY_TYPES
app.register_middleware(front.middleware, "http")
for dialect in routebook.ROUTES:
    app.register_blueprint(front.blueprint(dialect))


@app.on_sqs_message(
    queue=os.environ.get("FOLIO_QUEUE", "folioport-local-jobs"),
    batch_size=1,
    maximum_concurrency=int(os.environ.get("FOLIO_JOB_CONCURRENCY", "10")),
)
def run_jobs(event: SQSEvent) -> None:
    """Work on the job that a message announces."""
    from chalicelib.jobs import handlers

    handlers.run(event.to_dict(), event.context)


@app.on_sqs_message(queue=os.environ.get("FOLIO_DEAD_QUEUE", "folioport-local-jobs-dead"), batch_size=1)
def bury_jobs(event: SQSEvent) -> None:
    """End the job of a message that was delivered too often."""
    from chalicelib.jobs import handlers

    handlers.bury(event.to_dict(), event.context)


@app.schedule("rate(1 minute)")
def sweep_jobs(event: CloudWatchEvent) -> None:
    """Announce jobs again that nobody picked up, and take them from workers that died."""
    from chalicelib.jobs import handlers

    handlers.sweep(event.to_dict(), event.context)


gc.freeze()
gc.enable()
