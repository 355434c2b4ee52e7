"""Rules for the tool ``zodbupdate``: where what version 1 stored by name is now.

A database opens without them, as the old names below ``zc.async`` and ``plone.app.async`` still lead to the new
modules. Once the tool has run, nothing in it depends on that.
"""

NAMES = {
    "plone.app.async.job": {"plone.app.async_.job": ("Job",)},
    "plone.app.async.retry": {"plone.app.async_.retry": ("RetryWithDelay",)},
    "plone.app.async.service": {"plone.app.async_.service": ("_executeAsUser",)},
    "zc.async.agent": {"zc.async_.agent": ("Agent",), "zc.async_.legacy": ("chooseFirst",)},
    "zc.async.interfaces": {
        "zc.async_.errors": ("AbortedError", "BadStatusError", "FullError", "ReassignedError", "TimeoutError"),
    },
    "zc.async.job": {
        "zc.async_.callbacks": ("ConditionalCallbackProxy", "SuccessFailureCallbackProxy"),
        "zc.async_.job": ("Job",),
        "zc.async_.legacy": ("success_or_failure",),
        "zc.async_.retry": (
            "NeverRetry",
            "RetryCommonForever",
            "RetryCommonFourTimes",
            "callback_retry_policy_factory",
        ),
    },
    "zc.async.legacy": {"zc.async_.legacy": ("chooseFirst", "success_or_failure")},
    "zc.async.partial": {"zc.async_.partial": ("Partial",)},
    "zc.async.queue": {
        "zc.async_.dispatchers": ("DispatcherAgents", "Dispatchers"),
        "zc.async_.queue": ("Queue", "Queues"),
        "zc.async_.quota": ("Quota", "Quotas"),
    },
    "zc.twist": {
        "zc.async_.partials": ("Partial",),
        "zc.async_.references": ("DeferredReferenceToPersistent",),
        "zc.async_.twist": ("Failure",),
    },
}
"""Names by their module in version 1 and their module now."""

RENAMED = {
    "zc.async.job _schedule_parallel": "zc.async_.workflow run_parallel",
    "zc.async.job _schedule_serial": "zc.async_.workflow run_serial",
}
"""Those that have another name now."""

rename_dict = RENAMED | {
    f"{old} {name}": f"{new} {name}" for old, homes in NAMES.items() for new, names in homes.items() for name in names
}
