// A page as a person has it before them, asked of the browser that shows it: what is visible of it, as markup, with each
// control, link and thing to be tapped numbered; what is in open shadow roots and in frames that may be looked into stands
// where it is seen. A frame of another origin is asked the same for itself. It changes nothing in the page: the numbers are in a copy, in a document of its own.
var MOST = 4000;
var TAPPED = "input, select, textarea, button, a[href], [role=button], [role=option], [role=link], [role=menuitem], [role=radio], [onclick]";
var CONTROL = /^(INPUT|SELECT|TEXTAREA|BUTTON)$/;
var FRAME = /^I?FRAME$/;

// Where a frame's page does not come WebKit leaves the empty one that any frame begins with. One that is not asked for before
// somebody scrolls to it is no such frame.
function isStillEmpty(frame, shown) {
  return /^https?:/.test(frame.src) && frame.loading !== "lazy" && shown.URL === "about:blank" && !(shown.body && shown.body.childNodes.length);
}

// What a frame shows, if it may be looked into.
function inside(frame) {
  try {
    var shown = frame.contentDocument;
    return shown && shown.documentElement && !isStillEmpty(frame, shown) ? shown : null;
  } catch (foreign) { return null; }
}

// Everything in a document and its shadow roots, in an order that numbers it; with what is in frames if they are entered.
function list(root, enters) {
  var all = [];
  function walk(node) {
    if (all.length >= MOST) return;
    all.push(node);
    var frame = enters && FRAME.test(node.tagName) ? inside(node) : null;
    if (frame) walk(frame.documentElement);
    var roots = node.shadowRoot ? [node.shadowRoot, node] : [node];
    roots.forEach(function (root) { Array.prototype.forEach.call(root.children, walk); });
  }
  walk(root.documentElement);
  return all;
}

function styleOf(element) { return element.ownerDocument.defaultView.getComputedStyle(element); }

function isShown(element) {
  var box = element.getBoundingClientRect(), style = styleOf(element);
  return style.visibility === "visible" && style.display !== "none" && box.width > 0 && box.height > 0;
}

// The label of a box that is drawn by its label alone.
function face(element) {
  var label = element.labels && element.labels[0];
  return /^(radio|checkbox)$/.test(element.type) && label && isShown(label) && !isShown(element) ? label : element;
}

// What a script made to be tapped shows a hand, or its cursor is one where that around it is not.
function isTapped(element) {
  if (element.matches(TAPPED)) return true;
  if (element.tagName === "LABEL" || element.closest("label, button, a[href], option, svg") || element.querySelector("input, select, textarea, button, a[href]")) return false;
  if (element.shadowRoot && element.shadowRoot.querySelector(TAPPED)) return false;
  var around = element.parentElement;
  return styleOf(element).cursor === "pointer" && (!around || styleOf(around).cursor !== "pointer");
}

function isSecret(element) {
  var called = [element.name, element.id, element.placeholder, element.labels && element.labels[0] ? element.labels[0].textContent : ""];
  return element.type === "password" || /pass|psk|key|code|\bpin\b/i.test(called.join(" "));
}

var copies = document.implementation.createHTMLDocument("");
// The number of each element, and of each document and shadow root, in which ids are its own.
var numbers = new Map(), trees = new Map([[document, 0]]);
var needsForm = false, isLegible = false;

// In a frame of another origin numbers begin elsewhere.
var first = 0;
function numbered(live) { return first + numbers.get(live); }

function made(name) { return copies.createElement(name); }

function scoped(live, copy) {
  var tree = live.getRootNode();
  if (!trees.has(tree)) trees.set(tree, trees.size);
  if (!trees.get(tree)) return;
  ["id", "for", "form"].forEach(function (name) {
    if (copy.hasAttribute(name)) copy.setAttribute(name, trees.get(tree) + ":" + copy.getAttribute(name));
  });
}

// Controls: their state as it is now, but for what is typed into a field for a secret.
function control(live, copy) {
  if (live.disabled || live.matches(":disabled")) copy.setAttribute("disabled", ""); else copy.removeAttribute("disabled");
  if (/^(radio|checkbox)$/.test(live.type)) {
    if (live.checked) copy.setAttribute("checked", ""); else copy.removeAttribute("checked");
  } else if (live.tagName === "INPUT" && live.type !== "file" && isSecret(live)) {
    isLegible = isLegible || (live.type !== "password" && live.value !== live.defaultValue);
  } else if (live.tagName === "INPUT" && live.type !== "file") {
    copy.setAttribute("value", live.value);
  }
  // A script sends what is in no form, by a button of any kind.
  if (live.type === "button") copy.setAttribute("type", "submit");
  if (!live.form) { copy.setAttribute("form", "of-the-page"); needsForm = true; }
}

// Whether nothing of an element is seen, nor of what is in it.
function isGone(live) {
  if (isShown(face(live)) || styleOf(live).display === "contents" || live.tagName === "FORM") return false;
  // What is in a box without a size may be seen all the same.
  var isHidden = styleOf(live).visibility !== "visible" && !live.children.length && !live.shadowRoot;
  return styleOf(live).display === "none" || isHidden || CONTROL.test(live.tagName);
}

function whole(address, base) {
  try { return new URL(address, base).href; } catch (none) { return base; }
}

// What is to be tapped, with its number. A link that only a script follows leads to a place of its own.
function touchable(live, copy) {
  if (CONTROL.test(live.tagName)) {
    control(live, copy);
  } else {
    var here = live.ownerDocument.location.href.split("#")[0];
    var isScripts = live.tagName !== "A" || !/^https?:/.test(live.href) || live.href.split("#")[0] === here;
    if (live.tagName !== "A") copy = made("a");
    if (isScripts) copy.setAttribute("href", location.origin + "/by-script/" + numbered(live));
  }
  copy.setAttribute("data-element", numbered(live));
  return copy;
}

// The copy of an element without what is in it; null where nothing of it is seen.
function shell(live) {
  var copy = copies.importNode(live, false);
  scoped(live, copy);
  copy.removeAttribute("data-element");
  if (/^(HTML|HEAD|TITLE|BODY|OPTION|OPTGROUP|BR)$/.test(live.tagName)) {
    if (live.tagName === "OPTION") { if (live.selected) copy.setAttribute("selected", ""); else copy.removeAttribute("selected"); }
    return copy;
  }
  if (live.tagName === "FRAMESET") return made(live.parentElement && live.parentElement.tagName === "FRAMESET" ? "div" : "body");
  if (live.tagName === "META") return /refresh/i.test(live.httpEquiv) ? copy : null;
  if (live.type === "hidden") return copy;
  if (/^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE|LINK|BASE|SVG)$/i.test(live.tagName)) return null;
  if (live.closest("head")) return copy;
  if (FRAME.test(live.tagName)) {
    if (!isShown(live)) return null;
    if (live.getAttribute("src")) copy.setAttribute("src", live.src);
    return inside(live) ? made("div") : copy;
  }
  if (isGone(live)) return null;
  if (live.tagName === "FORM") {
    copy.removeAttribute("enctype");
    copy.setAttribute("action", whole(live.getAttribute("action") || live.ownerDocument.location.href, live.baseURI));
    return copy;
  }
  if (live.tagName === "A" && live.hasAttribute("href")) copy.setAttribute("href", live.href);
  // In a box without a size nothing is tapped but what is in it.
  return numbers.has(live) && isShown(face(live)) && isTapped(live) ? touchable(live, copy) : copy;
}

// What is seen in an element: of a host its shadow root, of a slot what is put there, of a frame the body of its document.
function content(live) {
  var frame = FRAME.test(live.tagName) ? inside(live) : null;
  if (frame) return frame.body ? (frame.body.tagName === "FRAMESET" ? [frame.body] : frame.body.childNodes) : [];
  if (live.shadowRoot) return live.shadowRoot.childNodes;
  var put = live.tagName === "SLOT" ? live.assignedNodes({ flatten: true }) : [];
  return put.length ? put : live.childNodes;
}

function copied(live, depth) {
  if (live.nodeType === 3) return copies.importNode(live, false);
  if (live.nodeType !== 1 || depth > 200) return null;
  var copy = shell(live);
  if (copy) Array.prototype.forEach.call(content(live), function (child) {
    var one = copied(child, depth + 1);
    if (one) copy.appendChild(one);
  });
  return copy;
}

function markup() {
  list(document, true).forEach(function (live, number) { numbers.set(live, number); });
  var root = copied(document.documentElement, 0);
  if (needsForm) {
    var form = made("form");
    form.id = "of-the-page";
    form.method = "post";
    root.appendChild(form);
  }
  return root.outerHTML;
}

// When each document that is seen began.
function began() {
  var frames = list(document, true).filter(function (element) { return FRAME.test(element.tagName) && inside(element); });
  return [performance.timeOrigin].concat(frames.map(function (frame) { return frame.contentWindow.performance.timeOrigin; }));
}

// Frames that are seen and may not be looked into: the way to each, and what it is to show.
function foreign() {
  var all = list(document, true), frames = [];
  all.forEach(function (element, number) {
    if (FRAME.test(element.tagName) && !inside(element) && isShown(element)) {
      frames.push({ way: stepsTo(all[number]), url: element.src });
    }
  });
  return frames;
}

// By which frames one comes to an element, and which it is there, each as its number in its own document.
function stepsTo(element) {
  var steps = [];
  while (element) {
    steps.unshift(list(element.ownerDocument, false).indexOf(element));
    var view = element.ownerDocument.defaultView;
    element = view === window ? null : view.frameElement;
  }
  return steps;
}

// Where it is from. Firefox leaves the address of a page that did not come to its own page about that.
function place() { return /^about:/.test(document.documentURI) ? document.documentURI : location.href; }

var ask = arguments[0];
if (ask === "page") {
  first = arguments[1];
  var isThere = Boolean(document.documentElement), html = isThere ? markup() : "";
  return JSON.stringify({ url: place(), since: isThere ? began() : [], ready: document.readyState, html: html, is_legible: isLegible, foreign: isThere ? foreign() : [] });
}
if (ask === "way") return JSON.stringify(stepsTo(list(document, true)[arguments[1]]));
var element = list(document, false)[arguments[1]];
if (!element) return null;
if (ask === "element") {
  element = face(element);
  element.scrollIntoView({ block: "center" });
  return element;
}
if (ask === "tap") { face(element).click(); return null; }
if (ask === "option") return element.options[arguments[2]] || null;
if (ask === "choose") {
  element.selectedIndex = arguments[2];
} else if (ask === "value") {
  element.focus();
  element.value = arguments[2];
}
if (ask === "holds") return element.value === arguments[2];
element.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
element.dispatchEvent(new Event("change", { bubbles: true }));
return null;
