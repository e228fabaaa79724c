"""The composition root: settings -> stores -> services. The one place a test swaps a part.

Each service is made, and its module loaded, when it is first asked for (ADR 43).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.settings import Settings, load
from chalicelib.wiring_institution import Institution, sanitise

if TYPE_CHECKING:
    from chalicelib.domain.accreditation import AccreditationService
    from chalicelib.domain.artifact import ArtifactService
    from chalicelib.domain.attachment import AttachmentService
    from chalicelib.domain.comment import CommentService
    from chalicelib.domain.form import FormService
    from chalicelib.domain.holding import HoldingService
    from chalicelib.domain.intake import ImportService
    from chalicelib.domain.moderation import ModerationService
    from chalicelib.domain.page import PageService
    from chalicelib.domain.portfolio import PortfolioService
    from chalicelib.domain.presentation import PresentationService
    from chalicelib.domain.removal import RemovalService
    from chalicelib.domain.sharing import SharingService
    from chalicelib.domain.transfer import ExportService, JobService
    from chalicelib.domain.upload import UploadService
    from chalicelib.domain.verification import VerificationService


class Services(Institution):
    """Everything a route, a job or an operator command works with."""

    @cached_property
    def portfolios(self) -> PortfolioService:
        """Portfolios."""
        from chalicelib.domain.portfolio import PortfolioService

        return PortfolioService(self.objects, self.people, self.clock, self.ids)

    @cached_property
    def moderation(self) -> ModerationService:
        """Decisions about spam, one by one and all of a person's."""
        from chalicelib.domain.moderation import ModerationService
        from chalicelib.storage.runs import Runs

        return ModerationService(self.objects, self.portfolios, self.people, Runs(self.tables), self.clock)

    @cached_property
    def pages(self) -> PageService:
        """Pages of portfolios."""
        from chalicelib.domain.page import PageService

        return PageService(self.objects, self.portfolios, self.clock, self.ids, sanitise)

    @cached_property
    def artifacts(self) -> ArtifactService:
        """Files, links and reflections."""
        from chalicelib.domain.artifact import ArtifactService

        return ArtifactService(self.objects, self.blobs, self.clock, self.ids)

    @cached_property
    def presentations(self) -> PresentationService:
        """Portfolios as Brightspace presents them."""
        from chalicelib.domain.presentation import PresentationService

        return PresentationService(self.objects, self.people, self.portfolios, self.artifacts, self.clock)

    @cached_property
    def removals(self) -> RemovalService:
        """Deleting whatever a person has."""
        from chalicelib.domain.removal import RemovalService

        return RemovalService(self.objects, self.artifacts, self.clock)

    @cached_property
    def forms(self) -> FormService:
        """Form artifacts."""
        from chalicelib.domain.form import FormService

        return FormService(self.objects, self.clock, self.ids)

    @cached_property
    def holdings(self) -> HoldingService:
        """Everything a person has, listed."""
        from chalicelib.domain.holding import HoldingService

        return HoldingService(self.objects, self.artifacts)

    @cached_property
    def comments(self) -> CommentService:
        """Comments on objects."""
        from chalicelib.domain.comment import CommentService

        return CommentService(self.objects, self.artifacts, self.clock, self.ids)

    @cached_property
    def jobs(self) -> JobService:
        """Jobs as their owners see them."""
        from chalicelib.domain.transfer import JobService

        return JobService(self.job_store, self.queue, self.clock, self.ids, self.settings.package_ttl_s)

    @cached_property
    def exports(self) -> ExportService:
        """Export jobs."""
        from chalicelib.domain.transfer import ExportService

        return ExportService(self.objects, self.blobs, self.jobs, self.people, self.accreditations.received_any)

    @cached_property
    def uploads(self) -> UploadService:
        """Uploads straight to the bucket."""
        from chalicelib.domain.upload import UploadService

        limits = self.settings.upload_max_bytes, self.settings.upload_ttl_s
        return UploadService(self.objects, self.blobs, self.clock, self.ids, *limits)

    @cached_property
    def imports(self) -> ImportService:
        """Import jobs."""
        from chalicelib.domain.intake import ImportService

        return ImportService(self.people, self.blobs, self.jobs)

    @cached_property
    def sharing(self) -> SharingService:
        """Sharing keys."""
        from chalicelib.domain.sharing import SharingService

        return SharingService(self.shares, self.portfolios, self.clock, self.settings.share_guesses)

    @cached_property
    def accreditations(self) -> AccreditationService:
        """Accreditations."""
        from chalicelib.domain.accreditation import AccreditationService

        return AccreditationService(self.accreditation_store, self.people, self.jobs, self.clock, self.ids)

    @cached_property
    def attachments(self) -> AttachmentService:
        """Accreditations attached to portfolios."""
        from chalicelib.domain.attachment import AttachmentService

        return AttachmentService(self.portfolios, self.accreditations, self.accreditation_store)

    @cached_property
    def verifications(self) -> VerificationService:
        """Verification of people."""
        from chalicelib.domain.verification import VerificationService

        return VerificationService(self.verification_store, self.blobs, self.clock, self.ids)


_current: Services | None = None


def wire(settings: Settings | None = None) -> Services:
    """New services for those settings (default: the environment's)."""
    return Services(settings or load())


def services() -> Services:
    """The services of this process."""
    global _current  # noqa: PLW0603 - one per Lambda container, as its connections are
    if _current is None:
        _current = wire()
    return _current


def use(replacement: Services | None) -> None:
    """Make `services()` answer those from now on; None: new ones at the next call."""
    global _current  # noqa: PLW0603 - see `services`
    _current = replacement
