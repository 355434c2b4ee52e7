"""What jobs may be given: content objects and users at any depth, and plain data; and what is refused, by its name."""

import dataclasses
import decimal
import enum
import io
from collections import OrderedDict
from collections import defaultdict
from collections import namedtuple
from datetime import date
from datetime import datetime
from datetime import timezone
from functools import partial
from threading import Lock
from types import SimpleNamespace

import pytest
import transaction
from AccessControl.SecurityManagement import newSecurityManager
from AccessControl.SpecialUsers import nobody
from AccessControl.users import UnrestrictedUser
from Acquisition import aq_base
from DateTime import DateTime
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from persistent.list import PersistentList
from persistent.mapping import PersistentMapping
from plone import api
from plone.app.testing import TEST_USER_ID
from plone.app.testing import login
from plone.app.testing import setRoles
from plone.app.textfield.value import RichTextValue
from plone.dexterity.utils import createContent
from plone.namedfile.file import NamedBlobFile
from zExceptions import BadRequest
from ZODB.DB import DB
from ZODB.DemoStorage import DemoStorage
from ZODB.MappingStorage import MappingStorage
from zope.component import getGlobalSiteManager
from zope.globalrequest import getRequest
from zope.i18nmessageid import Message
from ZPublisher.HTTPRequest import FileUpload

from plone.app.async_ import Job
from plone.app.async_.arguments import pack_arguments
from plone.app.async_.arguments import unpack
from plone.app.async_.interfaces import ContextWithoutPath
from plone.app.async_.interfaces import IAsyncDatabase
from plone.app.async_.references import ContentReference
from zc.async_.interfaces import JobNotPicklable
from zc.async_.picklable import picklable


Pair = namedtuple("Pair", ("first", "second"))


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Order:
    document: object
    copies: int = 1


class Basket(dict):
    owner = None


class Unreadable(Exception):
    """Can be pickled, but not read again."""

    def __init__(self, one, two):
        super().__init__(one)


def path_of(context, *args):
    return context.getPhysicalPath()


def described(context, value):
    """Paths instead of content, so that the result can be stored."""
    return repr(_described(value))


def _described(value):
    if hasattr(aq_base(value), "getPhysicalPath"):
        return "/".join(value.getPhysicalPath())
    if isinstance(value, dict):
        return type(value)((_described(key), _described(item)) for key, item in value.items())
    if isinstance(value, Pair):
        return Pair(*map(_described, value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(map(_described, value))
    if isinstance(value, Order):
        return Order(_described(value.document), value.copies)
    return value


def is_cyclic(context, values):
    return values[1] is values and values[0].getPhysicalPath() == context.getPhysicalPath()


def who_is(context, *users):
    return [(type(aq_base(user)).__name__, user.getId(), user.getUserName()) for user in users]


def change_title(context, title):
    context.title = title


def read_file(context, file):
    return file.data, file.filename


@pytest.fixture
def one(folder):
    folder.invokeFactory("Document", "one", title="One")
    return folder["one"]


@pytest.fixture
def refused(service, folder):
    """Queues a job with the arguments, which must fail at the call; gives the error's text."""

    def refused(*args, error=JobNotPicklable, **kwargs):
        with pytest.raises(error) as raised:
            service.queueJob(path_of, folder, *args, **kwargs)
        assert len(service.getQueues()[""]) == 0
        return str(raised.value)

    return refused


# Content in collections


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda one: {one}, "{'/plone/work/one'}"),
        (lambda one: frozenset([one]), "frozenset({'/plone/work/one'})"),
        (lambda one: {one: "key"}, "{'/plone/work/one': 'key'}"),
        (lambda one: Pair(1, [one]), "Pair(first=1, second=['/plone/work/one'])"),
        (lambda one: OrderedDict(a=one), f"{OrderedDict(a='/plone/work/one')!r}"),
        (lambda one: Basket(a=one), "{'a': '/plone/work/one'}"),
        (lambda one: Order(one, 3), f"{Order('/plone/work/one', 3)!r}"),
        (lambda one: ([{"deep": (one, {"deeper": [one]})}],), None),
    ],
)
def test_content_is_found_in_anything_that_can_be_stored(service, folder, one, run, make, expected):
    job = run(service.queueJob(described, folder, make(one)))
    deep = "([{'deep': ('/plone/work/one', {'deeper': ['/plone/work/one']})}],)"
    assert job.result == (expected or deep)


def test_subclasses_arrive_with_their_attributes(folder, one):
    basket = Basket(a=one)
    basket.owner = folder
    counts = defaultdict(list, {"x": [one]})
    arrived = unpack(pack_arguments((basket, counts, partial(described, one)), {})[0])
    assert (arrived[0].owner, arrived[0]["a"]) == (folder, one)
    assert (arrived[1], arrived[1]["new"]) == (defaultdict(list, {"x": [one], "new": []}), [])
    assert arrived[2].args == (one,)


def test_cycles_arrive_as_cycles(service, folder, run):
    values = [folder]
    values.append(values)
    assert run(service.queueJob(is_cyclic, folder, values)).result is True


def leaves(documents):
    return st.one_of(st.integers(), st.text(), st.none(), st.booleans(), st.binary(), st.sampled_from(documents))


def nested(leaf):
    return st.one_of(
        st.lists(leaf, max_size=3),
        st.dictionaries(st.text(), leaf, max_size=3),
        st.tuples(leaf, leaf),
        st.builds(Pair, leaf, leaf),
        st.builds(Order, leaf, st.integers()),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_packed_can_be_stored_and_arrives_equal(folder, data):
    documents = [folder, folder.aq_parent, folder.aq_parent.aq_parent]
    args = data.draw(st.lists(st.recursive(leaves(documents), nested, max_leaves=12), max_size=4).map(tuple))
    packed, named = pack_arguments(args, {"value": args})
    assert picklable((packed, named)) is None
    assert unpack(packed) == args
    assert unpack(named) == {"value": args}


def test_arguments_are_as_they_were_at_the_call(service, folder):
    values = [1]
    job = service.queueJob(path_of, folder, values)
    values.append(2)
    assert job.args[5] == [1]


def test_arguments_describe_themselves(service, folder, one):
    job = service.queueJob(path_of, folder, one, user=api.user.get_current())
    assert "<content /plone/work/one>" in repr(job)
    assert f"user=<user {TEST_USER_ID}>" in repr(job)


# Users


def test_users_travel_by_folder_and_id(service, site, folder, run):
    member = api.user.get("jane")
    user = site.acl_users.getUserById("jane")
    job = run(service.queueJob(who_is, folder, member, user, nobody))
    assert job.result == [
        ("MemberData", "jane", "jane"),
        ("PloneUser", "jane", "jane"),
        ("SpecialUser", None, "Anonymous User"),
    ]


def test_a_user_among_the_arguments_who_is_gone(service, site, folder, failure_of):
    job = service.queueJob(who_is, folder, api.user.get("jane"))
    transaction.commit()
    site.acl_users.userFolderDelUsers(["jane"])
    assert str(failure_of(job)) == "User jane not found"


def test_users_and_groups_that_no_worker_finds(site, refused):
    made_up = UnrestrictedUser("passing", "", ["Manager"], []).__of__(site.acl_users)
    assert "args[0][0] cannot be stored in the database" in refused([made_up])
    assert "a group; pass its id" in refused([api.group.get("Administrators")])
    gone = api.user.get("jane").getUser()
    site.acl_users.userFolderDelUsers(["jane"])
    assert "the user folder /plone/acl_users gives no user 'jane'" in refused([gone])


# Plain values


@pytest.mark.parametrize(
    "value",
    [
        DateTime("2030/01/02 03:04:05 UTC"),
        datetime(2030, 1, 2, tzinfo=timezone.utc),
        date(2030, 1, 2),
        decimal.Decimal("1.10"),
        Colour.RED,
        Order("text", 2),
        b"\x00\xff",
        {"a": {1, 2}, ("b",): frozenset("x")},
        2**80,
    ],
)
def test_plain_values_arrive_equal(value):
    assert unpack(pack_arguments((value,), {})[0]) == (value,)


def test_messages_stay_translatable():
    message = Message("title", domain="plone", default="Title ${n}", mapping={"n": 1})
    [arrived] = unpack(pack_arguments((message,), {})[0])
    assert (arrived, arrived.domain, arrived.default, arrived.mapping) == ("title", "plone", "Title ${n}", {"n": 1})


def test_rich_text_is_a_value(service, folder, run):
    text = RichTextValue("<p>Hello</p>", "text/html", "text/x-html-safe")
    job = service.queueJob(path_of, folder, text)
    transaction.commit()
    assert unpack(list(job.args))[5].raw == "<p>Hello</p>"


def test_a_new_file_is_stored_with_the_job(service, folder, run):
    file = NamedBlobFile(data=b"content", filename="a.txt")
    assert run(service.queueJob(read_file, folder, file)).result == (b"content", "a.txt")


def test_a_new_file_where_the_queues_are_in_a_database_without_blobs(site, refused):
    database = DB(MappingStorage(), databases=site._p_jar.db().databases, database_name="async")
    components = getGlobalSiteManager()
    components.registerUtility(database, IAsyncDatabase)
    try:
        text = refused([NamedBlobFile(data=b"content")])
    finally:
        components.unregisterUtility(database, IAsyncDatabase)
        transaction.abort()
        database.close()
    assert text.startswith("args[0][0] cannot be stored in the database: ")
    assert "keeps no files; put the file into content, and pass that" in text


def test_a_file_of_content_is_the_file_of_the_content(service, folder, run):
    folder.invokeFactory("File", "report", file=NamedBlobFile(data=b"content", filename="a.txt"))
    transaction.commit()
    job = service.queueJob(read_file, folder, folder["report"].file)
    assert job.args[5] is folder["report"].file
    assert run(job).result == (b"content", "a.txt")


def test_persistent_objects_stay_the_objects_they_are(service, folder):
    mapping = PersistentMapping(a=1)
    assert service.queueJob(path_of, folder, [mapping]).args[5] == [mapping]
    assert service.queueJob(path_of, folder, [mapping]).args[5][0] is mapping


# What is refused, and how it is named


def test_a_refusal_names_the_very_part(site, folder, refused):
    lock = Lock()
    assert refused(1, [{"items": (1, [lock])}]).startswith("args[1][0]['items'][1][0] cannot be stored")
    assert refused(a={"b": SimpleNamespace(c=lock)}).startswith("kwargs['a']['b'].c cannot be stored")
    assert refused(Pair(1, lock)).startswith("args[0][1] cannot be stored")
    assert refused({lock}).startswith("an item of args[0] cannot be stored")
    assert refused({(lock,): 1}).startswith("a key of args[0][0] cannot be stored")
    assert refused([lock, lock], 1).startswith("args[0][0] cannot be stored")


def test_a_refusal_in_a_cycle(refused):
    values = {"self": None, "lock": [Lock()]}
    values["self"] = values
    assert refused(values).startswith("args[0]['lock'][0] cannot be stored")


def test_too_deep(refused):
    values = []
    for _ in range(100_000):
        values = [values]
    assert refused(1, values).startswith("args[1] cannot be stored in the database: ")


def test_what_belongs_to_a_request(site, folder, refused):
    brains = site.portal_catalog(id="work")
    request = getRequest()
    with open(__file__) as stream:
        upload = FileUpload(SimpleNamespace(file=stream, headers={}, filename="a.txt", name="a"))
        for value, advice in (
            (brains[0], r"a catalog brain; pass brain.getObject(), which travels as a reference, or brain.UID"),
            (brains, r"results of a catalog; pass the objects or the UIDs"),
            (request, r"a request; pass the values that are needed"),
            (request.response, r"a response; what a job has to tell is its result"),
            (upload, r"an uploaded file; pass upload.read() and upload.filename"),
            (stream, r"an open file; pass its content, or its path"),
            ((item for item in ()), r"a generator; pass a list"),
            (folder.Title, r"a method of a content object; pass the object"),
        ):
            text = refused([value])
            assert text.startswith("args[0][0] cannot be stored in the database: ")
            assert advice in text
    view = folder.restrictedTraverse("@@plone_context_state")
    assert refused(view).startswith("args[0].request cannot be stored")


def test_what_could_not_be_read_again(refused):
    assert refused([Unreadable(1, 2)]).startswith("args[0][0] cannot be stored in the database: Unreadable(1)")


def test_classes_of_a_script(refused, monkeypatch):
    monkeypatch.setattr(Basket, "__module__", "__main__")
    assert "the worker has another __main__" in refused(Basket())


def test_content_in_a_new_persistent_container(one, refused):
    assert refused(PersistentList([one])).startswith("args[0] cannot be stored in the database: ")
    assert refused([PersistentMapping(a=PersistentList([one]))]).startswith("args[0][0] cannot be stored")


def test_content_without_a_place(folder, refused):
    new = createContent("Document", title="New")
    for lost in (new, folder.aq_base, new.__of__(folder.aq_base)):
        text = refused(1, [lost], error=ContextWithoutPath)
        assert text.startswith("args[1][0]: plone.app.contenttypes.content.")
        assert "has no path from the root of Zope" in text


def test_streams_in_memory_are_plain_data():
    [arrived] = unpack(pack_arguments((io.BytesIO(b"data"),), {})[0])
    assert arrived.read() == b"data"


# Finding content again


def test_content_made_and_renamed_in_the_transaction_that_queues(service, folder, run):
    folder.invokeFactory("Document", "new")
    job = service.queueJob(path_of, folder["new"])
    transaction.savepoint(optimistic=True)
    folder.manage_renameObject("new", "final")
    assert run(job).result == ("", "plone", "work", "final")


def test_content_that_came_back(service, folder, one, run):
    folder.invokeFactory("Folder", "target")
    job = service.queueJob(path_of, one)
    transaction.commit()
    folder["target"].manage_pasteObjects(folder.manage_cutObjects(["one"]))
    transaction.commit()
    folder.manage_pasteObjects(folder["target"].manage_cutObjects(["one"]))
    assert run(job).result == ("", "plone", "work", "one")


def test_a_copy_is_not_taken_for_the_original(service, folder, one, failure_of):
    job = service.queueJob(path_of, one)
    transaction.commit()
    folder.invokeFactory("Folder", "target")
    folder["target"].manage_pasteObjects(folder.manage_copyObjects(["one"]))
    folder.manage_delObjects(["one"])
    folder.manage_renameObject("target", "one")
    assert str(failure_of(job)) == "Context path /plone/work/one not found"


def test_content_below_a_renamed_folder(service, folder, one, run):
    job = service.queueJob(described, folder, [one])
    transaction.commit()
    setRoles(api.portal.get(), TEST_USER_ID, ["Manager"])
    api.portal.get().manage_renameObject("work", "played")
    assert run(job).result == "['/plone/played/one']"


def test_P11_K75_names_that_lead_elsewhere(service, site, folder, failure_of):
    """After the object is gone its path leads to methods, views, tools and namesakes by acquisition."""
    assert ContentReference(("", "plone", "work")).find("Context") == folder
    for names in (
        ("acl_users",),
        ("Title",),
        ("objectIds",),
        ("@@view",),
        ("view",),
        ("++skin++Sunburst Theme",),
        ("portal_catalog",),
        ("work",),
        ("..",),
        ("_tree",),
        ("title",),
        ("Title", "__func__"),
        ("",),
    ):
        path = ("", "plone", "work", *names)
        with pytest.raises(BadRequest) as raised:
            ContentReference(path).find("Context")
        assert str(raised.value) == f"Context path {'/'.join(path)} not found"


def test_an_object_without_uid_is_found_by_its_path_only(service, site, folder, run):
    site.aq_parent.manage_addFolder("plain")
    plain = site.aq_parent["plain"]
    first, second = service.queueJob(path_of, plain), service.queueJob(described, folder, plain)
    transaction.commit()
    assert run(first).result == ("", "plain")
    site.aq_parent._delObject("plain")
    assert str(run(second).result.value) == "Argument path /plain not found"


# Another database


@pytest.fixture
def mounted(site, folder):
    """A folder of the site that is kept in another database, as in a mount point."""
    other = DB(DemoStorage(), database_name="other", databases=site._p_jar.db().databases)
    content = createContent("Folder", id="mounted")
    site._p_jar.get_connection("other").add(content)
    folder._setObject("mounted", content)
    transaction.commit()
    yield folder["mounted"]
    transaction.abort()
    other.close()


def test_effects_in_another_database_and_the_result_are_one_commit(service, folder, mounted, run):
    job = run(service.queueJob(change_title, mounted, "Changed"))
    assert mounted._p_jar.db().database_name == "other"
    assert mounted.title == "Changed"
    assert job.result is None
    [entry] = mounted._p_jar.db().storage.history(mounted._p_oid)
    assert entry["description"] == f"job {__name__}.change_title on /plone/work/mounted".encode()


def test_content_of_another_database_among_the_arguments(service, site, folder, mounted, run):
    job = service.queueJob(described, site, {"here": [mounted]})
    assert job.args[5] == {"here": [ContentReference(("", "plone", "work", "mounted"), mounted.UID())]}
    assert run(job).result == "{'here': ['/plone/work/mounted']}"


def test_a_job_of_a_method_in_another_database(service, mounted, run):
    job = run(service.getQueues()[""].put(Job(mounted.setTitle, "Changed")))
    assert job.result is None
    assert mounted.Title() == "Changed"


def test_the_security_of_the_user_holds_for_arguments(service, site, folder, failure_of):
    """References are found unrestricted; what the job may do with them is checked as usual."""
    login(site, "jane")
    job = service.queueJob(invoke_in, site, folder)
    assert type(failure_of(job)).__name__ == "Unauthorized"
    newSecurityManager(None, nobody)


def invoke_in(context, folder):
    folder.invokeFactory("Document", "forbidden")
