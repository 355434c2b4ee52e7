"""Jobs that fail until what they need is there."""

from example import levers


def make_pdf(folder, template, year=2026):
    """Succeed if there is a lever of that name."""
    layout = find_template(template)
    return {"url": folder.absolute_url(), "layout": layout, "year": year}


def find_template(name):
    found = levers.read(name)
    if not found:
        raise LookupError(f"There is no template {name!r}. Upload it to the folder “Templates”, then try again.")
    return found
