"""Cancel jobs."""

from plone.app.async_ import steering
from plone.app.async_.overview import Board
from plone.app.async_.overview import Query
from plone.app.async_.overview import State
from plone.app.async_.overview import of_site
from zc.async_ import local


def import_rows(folder, rows):
    """A job that ends soon after somebody cancelled it."""
    for number, row in enumerate(rows):
        local.checkCancelled()
        folder.invokeFactory("Document", f"row-{number}", title=row)


def import_file(folder, path):
    """A job that has something to put away when it is cancelled."""
    with open(path) as rows:  # closed, whatever ends the job
        import_rows(folder, rows)


def cancel_imports(site):
    """Cancel the imports of a site that have not begun, up to 500; again, if the answer says that there are more."""
    board = Board(site, of_site(site))
    waiting = Query(states=frozenset({State.WAITING, State.SCHEDULED}), callable="cancelling.import_rows")
    return steering.act_on_all(board, "cancel", waiting, "wrong file")
