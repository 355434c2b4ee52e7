"""Jobs for pictures of the past day: some of them fail."""


def make_thumbnails(folder, picture, sizes=(64, 128, 256)):
    """Fail if the name of the picture tells so."""
    if picture.endswith(".tif"):
        raise ValueError(f"cannot identify image file {picture!r}")
    return {"url": folder.absolute_url(), "thumbnails": len(sizes)}
