/* Pages of plone.app.async: they refresh themselves, and ask before they do what cannot be undone.
 *
 * <div id="…" data-refresh="10">   is fetched anew every so many seconds while the page is visible, and changed in
 *                                  place: what has not changed keeps its focus, selection and place.
 * <button data-asks="True">        the answer to its form is shown in a dialog, if it is a question.
 * <input data-select-all="ids">    checks all checkboxes of that name in its form.
 */

const MOST_SECONDS = 300;

/* Changing a page in place */

function isSame(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "");
}

function morphAttributes(element, fresh) {
  for (const { name } of [...element.attributes]) {
    // Which details are open, and what a script has shown, is the reader's business.
    if (!fresh.hasAttribute(name) && name !== "open") element.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (element.getAttribute(name) !== value && !(name === "hidden" && "selectAll" in element.dataset)) {
      element.setAttribute(name, value);
    }
  }
}

function morphChildren(element, fresh) {
  const byId = new Map([...element.children].filter((child) => child.id).map((child) => [child.id, child]));
  let place = element.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    let found = null;
    if (wanted.id && byId.has(wanted.id)) found = byId.get(wanted.id);
    else if (place && isSame(place, wanted)) found = place;
    if (found && isSame(found, wanted)) {
      // An element that is moved loses its focus, so those before it go instead.
      while (place !== found && place && !(place.id && fresh.querySelector(`:scope > #${CSS.escape(place.id)}`))) {
        const next = place.nextSibling;
        place.remove();
        place = next;
      }
      if (place === found) place = found.nextSibling;
      else element.insertBefore(found, place);
      morph(found, wanted);
    } else {
      element.insertBefore(wanted, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function morph(node, fresh) {
  if (node.isEqualNode(fresh)) return;
  if (node.nodeType !== Node.ELEMENT_NODE) {
    node.nodeValue = fresh.nodeValue;
    return;
  }
  morphAttributes(node, fresh);
  morphChildren(node, fresh);
}

/* Refreshing */

async function fetchPage(address, options = {}) {
  const response = await fetch(address, { credentials: "same-origin", ...options });
  if (!response.ok || response.redirected) throw new Error(`${address}: ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

async function refresh(elements) {
  const address = new URL(window.location.href);
  address.searchParams.set("ajax_load", "1");
  address.hash = "";
  const page = await fetchPage(address);
  for (const element of elements) {
    const fresh = page.getElementById(element.id);
    if (fresh) morph(element, document.adoptNode(fresh));
  }
}

function keepFresh(elements) {
  const usual = Math.min(...elements.map((element) => Number(element.dataset.refresh) || 10));
  let seconds = usual;
  let timer = null;
  const later = () => {
    window.clearTimeout(timer);
    if (!document.hidden) timer = window.setTimeout(now, seconds * 1000);
  };
  const now = async () => {
    try {
      // A dialog is about the jobs as they were when it was opened.
      if (!document.querySelector("dialog[open]")) await refresh(elements);
      seconds = usual;
    } catch {
      seconds = Math.min(seconds * 2, MOST_SECONDS);
    }
    later();
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? window.clearTimeout(timer) : now()));
  later();
}

/* Asking */

function show(question) {
  const dialog = document.createElement("dialog");
  dialog.className = "async-dialog";
  dialog.setAttribute("aria-labelledby", "question-heading");
  dialog.append(question);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-dismiss]")) return;
    event.preventDefault();
    dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}

async function ask(form, button) {
  const body = new URLSearchParams(new FormData(form));
  body.append(button.name, button.value);
  let question = null;
  try {
    // Not form.action: the buttons of that name are in the way.
    const page = await fetchPage(form.getAttribute("action"), { method: "POST", body });
    question = page.querySelector("[data-question]");
  } catch {
    question = null;
  }
  if (question) {
    show(document.adoptNode(question));
  } else {
    // It was refused, and nothing has happened: let the page say why.
    button.removeAttribute("data-asks");
    form.requestSubmit(button);
  }
}

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || button.dataset.asks !== "True") return;
  event.preventDefault();
  ask(event.target, button);
});

/* Selecting */

function showSelectAll() {
  for (const box of document.querySelectorAll("[data-select-all]")) box.hidden = false;
}

document.addEventListener("change", (event) => {
  const { selectAll } = event.target.dataset;
  if (!selectAll) return;
  for (const box of event.target.form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(selectAll)}"]`)) {
    box.checked = event.target.checked;
  }
});

showSelectAll();
const fresh = [...document.querySelectorAll("[data-refresh][id]")];
if (fresh.length) keepFresh(fresh);
