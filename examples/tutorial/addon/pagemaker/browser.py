"""What visitors see."""

from plone.protect import CheckAuthenticator
from Products.Five.browser import BrowserView

from pagemaker.jobs import make_pages
from plone.app.async_.overview import Board
from plone.app.async_.overview import Query
from plone.app.async_.overview import of_current_user


class MakePages(BrowserView):
    """A button that queues a job, and one's jobs so far."""

    def __call__(self):
        if self.request.method != "POST":
            return self.index()
        CheckAuthenticator(self.request)
        make_pages.delay(self.context, 20)
        self.request.response.redirect(f"{self.context.absolute_url()}/@@make-pages")
        return ""

    def jobs(self):
        """The current user's jobs, as data: first those at work."""
        board = Board(self.context, of_current_user(self.context))
        return board.jobs(Query(callable="pagemaker.jobs.make_pages")).jobs

    def is_busy(self):
        """Whether a job has not ended, so that the page should be loaded again."""
        return any(job.ended is None for job in self.jobs())
