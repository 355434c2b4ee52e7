"""Steps from an older version of the profile to the next, each a function of a module ``to_NNNN`` here.

``profiles/default/metadata.xml`` of ``plone.app.async`` has the current version. Whoever changes what the profile
installs raises it by one and registers, in ``configure.zcml`` here, the step that does the same to sites that have the
profile already::

    <genericsetup:upgradeStep
        profile="plone.app.async:default"
        source="1000"
        destination="1001"
        title="…"
        handler=".to_1001.upgrade"
        />
"""
