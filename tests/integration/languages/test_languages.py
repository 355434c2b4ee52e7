"""Pages speak the reader's language, whole, and write its numbers and dates."""

from datetime import datetime
from datetime import timezone

import pytest
from catalogues import LANGUAGES
from catalogues import left_in_english
from catalogues import words
from plone.app.testing import SITE_OWNER_NAME
from plone.i18n.utility import LanguageBinding
from zope.i18n import translate

from plone.app.async_.browser.formats import Formats


PAGES = [
    ("@@manage-job-queue", SITE_OWNER_NAME, {"de": "Längste Wartezeit", "es": "Espera más larga", "fr": "Attente la"}),
    ("@@manage-job-queue?state=failed&text=x", SITE_OWNER_NAME, {"de": "anzeigen", "es": "Mostrar", "fr": "Tout"}),
    ("@@job-queue-settings", SITE_OWNER_NAME, {"de": "Ping-Intervall", "es": "Intervalo", "fr": "Intervalle"}),
    ("@@manage-job?id={done}", SITE_OWNER_NAME, {"de": "Verlauf", "es": "Cronología", "fr": "Chronologie"}),
    ("@@manage-job?id={failed}", SITE_OWNER_NAME, {"de": "Wo der", "es": "Dónde falló", "fr": "produite"}),
    ("@@manage-job?id={waiting}", SITE_OWNER_NAME, {"de": "angehalten", "es": "en pausa", "fr": "suspendue"}),
    ("@@manage-job?id={later}", SITE_OWNER_NAME, {"de": "in 3 Tg.", "es": "dentro de 3 d", "fr": "dans 3 j"}),
    ("@@my-jobs", None, {"de": "Meine Aufträge", "es": "en segundo plano", "fr": "Mes tâches"}),
    ("@@my-job?id={waiting}", None, {"de": "abbrechen", "es": "Cancelar el trabajo", "fr": "Annuler la tâche"}),
    ("work", None, {"de": "sind Aufträge unterwegs", "es": "Hay trabajos", "fr": "Des tâches"}),
    ("@@overview-controlpanel", SITE_OWNER_NAME, {"de": "Auftragsw", "es": "Cola de", "fr": "des tâches"}),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("address", "user", "expected"), PAGES)
def test_pages_are_translated(open_in, jobs, language, address, user, expected):
    contents = open_in(language, address.format(**jobs), *([user] if user else []))
    assert expected[language] in words(contents)
    assert left_in_english(contents, language) == set()


def test_english_has_all_of_it(open_in, jobs):
    """The check of the test above finds what it looks for."""
    contents = open_in("en", "@@manage-job-queue", SITE_OWNER_NAME)
    assert len(left_in_english(contents, "de")) > 50


def test_who_prefers_english_gets_english(open_in, jobs):
    assert "Longest wait" in open_in("en, de;q=0.5", "@@manage-job-queue", SITE_OWNER_NAME)


def test_who_asks_for_what_we_do_not_speak_gets_english(open_in, jobs):
    assert "Longest wait" in open_in("it", "@@manage-job-queue", SITE_OWNER_NAME)


# Numbers and dates


MOMENT = datetime(2026, 3, 21, 12, 30, tzinfo=timezone.utc)


@pytest.fixture
def request_in(site):
    """Gives the request of a page in a language, of somebody whose browser asks for none."""

    def request_in(language):
        chosen = site.REQUEST["LANGUAGE_TOOL"] = LanguageBinding()
        chosen.LANGUAGE = chosen.DEFAULT_LANGUAGE = language
        return site.REQUEST

    return request_in


@pytest.mark.parametrize(
    ("language", "number", "percent", "date"),
    [
        ("en", "1,234,567.5", "50%", "Mar 21, 2026"),
        ("de", "1.234.567,5", "50 %", "21.03.2026"),
        ("es", "1.234.567,5", "50 %", "21/03/2026"),
        ("fr", "1 234 567,5", "50 %", "21/03/2026"),
        ("de-at", "1.234.567,5", "50 %", "21.03.2026"),
        ("xx-yy", "1,234,567.5", "50%", "Mar 21, 2026"),
    ],
)
def test_numbers_and_dates(site, request_in, language, number, percent, date):
    request = request_in(language)
    formats = Formats(site, request, MOMENT)
    assert words(formats.number(1234567.5)) == number
    assert words(translate(formats.percent(0.5), context=request)) == percent
    assert formats.exact(MOMENT).startswith(date)
