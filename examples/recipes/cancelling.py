"""Cancel jobs."""

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
