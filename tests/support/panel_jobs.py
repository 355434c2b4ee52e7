"""Jobs for those who test pages."""


def succeed(context, number=0):
    return number


def fail(context, message="too bad"):
    raise ValueError(message)
