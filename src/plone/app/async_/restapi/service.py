"""What our services have in common: errors, the board, and who may ask."""

from __future__ import annotations

from typing import Any

import transaction
from plone.protect.interfaces import IDisableCSRFProtection
from plone.restapi.deserializer import json_body
from plone.restapi.exceptions import DeserializationError
from plone.restapi.services import Service
from zExceptions import Unauthorized
from zope.i18n import translate
from zope.interface import alsoProvides
from zope.interface import implementer
from zope.publisher.interfaces import IPublishTraverse

from plone.app.async_ import _
from plone.app.async_ import authority
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.overview import Board
from plone.app.async_.overview import Scope
from plone.app.async_.overview import of_current_user
from plone.app.async_.overview import of_site
from plone.app.async_.steering import NoSuchJob
from plone.app.async_.steering import NoSuchQueue
from plone.app.async_.steering import NotPossible


class ApiError(Exception):
    """An answer in plone.restapi's shape for errors."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message


def not_found() -> ApiError:
    """For what is not there, and for what is none of the user's business."""
    return ApiError(404, "NotFound", _("rest_not_found", default="There is nothing of that name or id."))


def bad_request(message: str) -> ApiError:
    """For what makes no sense."""
    return ApiError(400, "BadRequest", message)


@implementer(IPublishTraverse)
class AsyncService(Service):
    """A service whose ``answer`` may raise ``ApiError`` and the errors of ``steering``; then nothing is written."""

    def __init__(self, context: Any, request: Any) -> None:
        super().__init__(context, request)
        self.names: list[str] = []

    def publishTraverse(self, request: Any, name: str) -> AsyncService:
        """Take what follows the name of the service in the URL."""
        self.names.append(name)
        return self

    def reply(self) -> Any:
        """The answer, or the error."""
        try:
            return self.answer()
        except ApiError as error:
            return self._error(error)
        except (NoSuchJob, NoSuchQueue):
            return self._error(not_found())
        except WrongParameter as error:
            return self._error(bad_request(error.args[0]))
        except NotPossible as error:
            return self._error(ApiError(409, "Conflict", error.args[0]))

    def _error(self, error: ApiError) -> dict[str, Any]:
        transaction.abort()
        self.request.response.setStatus(error.status)
        return {"error": {"type": error.kind, "message": translate(error.message, context=self.request)}}

    def answer(self) -> Any:
        raise NotImplementedError

    # Who may ask

    @property
    def is_manager(self) -> bool:
        """Whether the user may see all jobs of the site, and not only their own."""
        return authority.may_manage_jobs(self.context)

    def require_manager(self) -> None:
        """Raise ``Unauthorized`` for all others."""
        if not self.is_manager:
            raise Unauthorized(f"Missing {authority.MANAGE!r} permission")

    def site_board(self) -> Board:
        """The board of the site, for its managers."""
        self.require_manager()
        return Board(self.context, of_site(self.context))

    def board(self, only_own: bool = False) -> Board:
        """The board of the site for its managers, of their own jobs for other users."""
        if self.is_manager and not only_own:
            return self.site_board()
        scope: Scope | None = None
        if authority.may_view_own_jobs(self.context):
            scope = of_current_user(self.context)
        if scope is None:
            raise Unauthorized(f"Missing {authority.VIEW_OWN!r} permission")
        return Board(self.context, scope)

    # What was asked

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent, and leave to write.

        A form of another site can send a POST with the user's cookies, but not as application/json.
        """
        kind = self.request.getHeader("Content-Type", "").partition(";")[0].strip().lower()
        if self.request.method == "POST" and kind != "application/json":
            raise ApiError(
                415,
                "UnsupportedMediaType",
                _("rest_json_only", default="Send it with the header “Content-Type: application/json”."),
            )
        try:
            sent: dict[str, Any] = json_body(self.request)
        except DeserializationError as error:
            raise bad_request(error.msg) from error
        alsoProvides(self.request, IDisableCSRFProtection)
        return sent
