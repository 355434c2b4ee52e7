"""A job without surprises."""


def send_issue(page, issue):
    """Tell how many letters there would have been."""
    return {"url": page.absolute_url(), "sent": 100 + issue}
