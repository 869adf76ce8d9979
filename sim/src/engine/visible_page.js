// What is to be seen of a page, asked of the browser that shows it. It changes nothing in the page.
var MOST_TEXTS = 600, MOST_CONTROLS = 300, NAMED = 5, TOUCH = 44;
var scale = window.visualViewport ? window.visualViewport.scale : 1;

function short(text) { return (text || "").replace(/\s+/g, " ").trim().slice(0, 60); }

// The four parts of a colour, or null for one in a form that is not read here.
function parts(colour) {
  var read = /^rgba?\(([^)]*)\)$/.exec(colour), size = 255;
  if (!read) { read = /^color\(srgb ([^)]*)\)$/.exec(colour); size = 1; }
  if (!read) return null;
  var numbers = read[1].split(/[\s,\/]+/).map(parseFloat);
  return [numbers[0] / size, numbers[1] / size, numbers[2] / size, numbers.length > 3 ? numbers[3] : 1];
}

function over(top, below) {
  var alpha = top[3];
  return [0, 1, 2].map(function (i) { return top[i] * alpha + below[i] * (1 - alpha); }).concat(1);
}

// WCAG 2, relative luminance and contrast ratio.
function luminance(colour) {
  var linear = colour.slice(0, 3).map(function (c) { return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4); });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function ratio(one, other) {
  var a = luminance(one) + 0.05, b = luminance(other) + 0.05;
  return a > b ? a / b : b / a;
}

function isDark() {
  var scheme = getComputedStyle(document.documentElement).colorScheme || "";
  return scheme.indexOf("dark") >= 0 && (scheme.indexOf("light") < 0 || matchMedia("(prefers-color-scheme: dark)").matches);
}

// What is around an element: of what is at the top of a shadow root, its host.
function around(element) { return element.parentElement || element.getRootNode().host || null; }

// The document, and the open shadow roots in it.
function roots() {
  var found = [document];
  for (var i = 0; i < found.length && i < 200; i++) {
    Array.prototype.forEach.call(found[i].querySelectorAll("*"), function (element) { if (element.shadowRoot) found.push(element.shadowRoot); });
  }
  return found;
}

// The colour behind an element; null where a picture is, or a colour that is not read here.
function behind(element) {
  var layers = [];
  for (var at = element; at; at = around(at)) {
    var style = getComputedStyle(at), colour = parts(style.backgroundColor);
    if (style.backgroundImage !== "none" || !colour) return null;
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
  }
  var below = isDark() ? [0.07, 0.07, 0.07, 1] : [1, 1, 1, 1];
  return layers.reverse().reduce(function (below, layer) { return over(layer, below); }, below);
}

function opacity(element) {
  var all = 1;
  for (var at = element; at; at = around(at)) all *= parseFloat(getComputedStyle(at).opacity);
  return all;
}

function isInView(box) {
  return box.width > 0 && box.height > 0 && box.right > 0 && box.bottom + window.scrollY > 0;
}

function isVisible(element) {
  var style = getComputedStyle(element);
  return style.visibility === "visible" && style.display !== "none" && isInView(element.getBoundingClientRect())
    && opacity(element) > 0.05;
}

function contrastOf(element) {
  var below = behind(element), style = getComputedStyle(element), colour = parts(style.color);
  if (!below || !colour) return null;
  colour = colour.slice();
  colour[3] *= opacity(element);
  return ratio(over(colour, below), below);
}

// Text: how much can be read, and where it is faint.
var seen = 0;
var text = { readable: 0, invisible: 0, damaged: 0, start: "", faint: null, faint_chars: 0, small_chars: 0 };
function lookAtText(element, words) {
  if (!isVisible(element)) return;
  var contrast = contrastOf(element), style = getComputedStyle(element), size = parseFloat(style.fontSize);
  var isLarge = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight, 10) >= 700);
  text.start = (text.start + " " + words).slice(0, 300);
  text.damaged += (words.match(/[\uFFFD\u0000-\u0008\u000E-\u001F]/g) || []).length;
  if (size * scale < 8) text.small_chars += words.length;
  if (contrast !== null && contrast < 1.3) { text.invisible += words.length; } else { text.readable += words.length; }
  if (contrast === null || contrast >= (isLarge ? 3 : 4.5)) return;
  text.faint_chars += words.length;
  if (!text.faint || contrast < text.faint.ratio) text.faint = { ratio: contrast, what: short(words) };
}

function walkTexts(root) {
  var walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), node;
  while ((node = walker.nextNode()) && seen < MOST_TEXTS) {
    var parent = node.parentElement || root.host, words = node.nodeValue.replace(/\s+/g, " ").trim();
    if (!words || !parent || /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE|OPTION|TEXTAREA)$/.test(parent.tagName)) continue;
    var range = document.createRange();
    range.selectNodeContents(node);
    if (!isInView(range.getBoundingClientRect())) continue;
    seen++;
    lookAtText(parent, words);
  }
}

function all(selector) {
  return roots().reduce(function (found, root) { return found.concat(Array.prototype.slice.call(root.querySelectorAll(selector))); }, []);
}

function nameOf(element) {
  var label = element.labels && element.labels[0] ? element.labels[0].textContent : "";
  var own = element.tagName === "SELECT" ? "" : element.textContent || element.value;
  return short(element.getAttribute("aria-label") || own || label || element.placeholder || element.name
    || element.tagName.toLowerCase());
}

// A link in the middle of a sentence is as high as its line (WCAG 2.2, 2.5.8).
function isInSentence(element) {
  return element.tagName === "A" && element.parentElement
    && short(element.parentElement.textContent).length > short(element.textContent).length + 10
    && getComputedStyle(element).display === "inline";
}

// What a finger meets: a small box with its label counts as one.
function touched(element) {
  var box = element.getBoundingClientRect(), width = box.width, height = box.height;
  if (/^(checkbox|radio)$/.test(element.type) && element.labels) {
    for (var i = 0; i < element.labels.length; i++) {
      var label = element.labels[i].getBoundingClientRect();
      width = Math.max(width, label.width);
      height = Math.max(height, label.height);
    }
  }
  return { what: nameOf(element), width: Math.round(width * scale), height: Math.round(height * scale) };
}

var CONTROLS = "input:not([type=hidden]), select, textarea, button, a[href], [role=button], [onclick], summary";
var page = {
  // Firefox leaves the address of a page that did not come to its own page about that.
  url: /^about:/.test(document.documentURI) ? document.documentURI : location.href, type: document.contentType, ready: document.readyState, title: document.title, scale: scale,
  width: Math.round(window.innerWidth * scale), height: Math.round(window.innerHeight * scale),
  controls: 0, fields: 0, passwords: 0, buttons: 0, links: 0, forms: all("form").length, networks: 0, files: 0,
  pictures: 0, broken: 0, frames: 0, targets: 0, small: [], small_count: 0, new_windows: 0, wide: false, sources: [], loaded: []
};

function lookAtControls() {
  var controls = all(CONTROLS).filter(isVisible).slice(0, MOST_CONTROLS);
  page.controls = controls.length;
  controls.forEach(function (control) {
    var type = control.tagName === "INPUT" ? control.type : control.tagName.toLowerCase();
    var isButton = /^(submit|button|image|reset)$/.test(type);
    if (type === "a") { page.links++; } else if (isButton || !/^(INPUT|SELECT|TEXTAREA)$/.test(control.tagName)) { page.buttons++; } else { page.fields++; }
    if (type === "password") page.passwords++;
    if (type === "file") page.files++;
    if (control.tagName === "INPUT" && isButton && control.value) lookAtText(control, control.value);
    if (control.target === "_blank") page.new_windows++;
    if (control.disabled || isInSentence(control)) return;
    page.targets++;
    var target = touched(control);
    if (Math.min(target.width, target.height) >= TOUCH) return;
    page.small_count++;
    if (page.small.length < NAMED) page.small.push(target);
  });
  page.networks = Math.max(all("select option").length, all("datalist option").length,
    all("input[type=radio]").filter(function (radio) { return isVisible(radio) || (radio.labels && radio.labels[0] && isVisible(radio.labels[0])); }).length);
}

function lookAtSources() {
  var named = all("script[src], img[src], iframe[src], frame[src], link[rel~=stylesheet][href]");
  page.sources = named.map(function (element) { return element.src || element.href; }).filter(function (source) { return typeof source === "string"; }).slice(0, 200);
  page.loaded = performance.getEntriesByType("resource").map(function (entry) { return entry.name; }).slice(0, 200);
  var pictures = all("img, svg, canvas, video, input[type=image]").filter(isVisible);
  page.pictures = pictures.filter(function (picture) { return picture.tagName !== "IMG" || picture.naturalWidth > 0; }).length;
  page.broken = all("img").filter(function (picture) { return picture.complete && picture.naturalWidth === 0; }).length;
  page.frames = all("iframe, frame, object, embed").filter(isVisible).length;
}

if (document.body) {
  if (document.body.tagName === "BODY") roots().forEach(function (root) { walkTexts(root.body || root); });
  lookAtControls();
  lookAtSources();
  page.wide = document.documentElement.scrollWidth > document.documentElement.clientWidth + 1;
}
page.text = text;
return JSON.stringify(page);
