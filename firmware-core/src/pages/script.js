// What scripts add to the pages; without them everything works, too. Written for old WebViews as well:
// no word of JavaScript that is younger than 2011. Nothing of a page is put together from strings.
// build.rs leaves out what is comment or indentation.
(function () {
  "use strict";
  // Where the page is, with the token that it was given: the device knows its owner by that.
  var page = document, here = "/" + location.search;
  function by(id) { return page.getElementById(id); }

  // Loads the page anew, and keeps what stands after the # in the address: the label's code.
  function go() {
    if (location.hash && location.pathname === "/") location.reload();
    else location.replace(here + location.hash);
  }

  // Asks the device, and hands on the page that comes, or nothing: phones lose the access point for a
  // moment while it changes its channel.
  function ask(method, path, form, then) {
    var request = new XMLHttpRequest();
    request.open(method, path);
    request.timeout = 5000;
    request.onreadystatechange = function () {
      if (request.readyState === 4) {
        then(request.status ? new DOMParser().parseFromString(request.responseText, "text/html") : null);
      }
    };
    if (form) request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    request.send(form);
  }
  function later(work) { setTimeout(work, 2000); }

  // While the device joins: looks again until there is another page, and goes there.
  function wait() {
    ask("GET", here, null, function (fresh) {
      if (!fresh || fresh.querySelector("[data-wait]")) later(wait);
      else go();
    });
  }
  if (page.querySelector("[data-wait]")) {
    later(wait);
    // Where there are events, the device says so at once.
    if (window.EventSource) new EventSource("/api/events").onmessage = go;
  }

  // While networks are searched for: shows them as they come, and leaves alone what was picked or typed.
  function plain(status) { return status && status.firstChild ? status.firstChild.data : ""; }
  function show(fresh) {
    var list = by("networks"), found = fresh.getElementById("networks");
    if (!found) return go();
    var picked = list.querySelector("input:checked"), first = !list.querySelector("input");
    var held = list.contains(page.activeElement) ? page.activeElement.value : null;
    list.parentNode.replaceChild(found = page.importNode(found, true), list);
    var inputs = found.getElementsByTagName("input");
    for (var i = 0; i < inputs.length; i++) {
      if (picked && inputs[i].value === picked.value) inputs[i].checked = true;
      if (inputs[i].value === held) inputs[i].focus();
    }
    if (first && !by("ssid").value) by("other").checked = fresh.getElementById("other").checked;
    tell(fresh.getElementById("status"));
  }
  function tell(status) {
    by("status").textContent = plain(status);
    if (status.hasAttribute("data-search")) later(look);
  }
  function look() {
    ask("GET", here, null, function (fresh) { if (fresh) show(fresh); else later(look); });
  }
  if (by("status")) tell(by("status"));
  if (by("rescan")) by("rescan").onsubmit = function (event) {
    event.preventDefault();
    ask("POST", "/rescan", "token=" + this.elements.token.value, function (fresh) { if (fresh) show(fresh); });
  };

  // Seals the form, so that whoever listens on the air reads nothing of it (docs/sealed.md). What seals is a
  // file of its own, younger than this one: where the browser cannot read it, the form goes as it is.
  var form = by("setup"), KEY = "data-key";
  // The code on the label goes into the key, and never into a form. Without a script nobody is asked for it.
  var code = by("code");
  if (code) try { code.value = decodeURIComponent(location.hash.slice(1)); } catch (none) {}
  var loads = 0, decided = false, pressed = null, waits = false;
  function decide() {
    if (decided) return;
    decided = true;
    if (by("sealed")) by("sealed").disabled = !window.vestibuleSeal;
    if (code) by("coded").hidden = !window.vestibuleSeal;
    if (waits) send();
  }
  function load() {
    var script = page.createElement("script");
    script.onload = decide;
    // Phones lose the access point for a moment while it changes its channel.
    script.onerror = function () { if (++loads < 5) later(load); else decide(); };
    script.src = "/seal.js";
    page.body.appendChild(script);
  }
  function encoded(text) { return encodeURIComponent(text).replace(/%20/g, "+"); }
  function fields() {
    var all = form.elements, pairs = [];
    for (var i = 0; i < all.length; i++) {
      var one = all[i], unset = /^(radio|checkbox)$/.test(one.type) && !one.checked;
      if (!one.name || one.disabled || unset || (one.type === "submit" && one !== pressed)) continue;
      pairs.push(encoded(one.name) + "=" + encoded(one.value));
    }
    return pairs.join("&");
  }
  function send() {
    var token = form.elements.token.value, sealed = null, box = page.createElement("form");
    try { sealed = window.vestibuleSeal(form.getAttribute(KEY), token, code ? code.value : "", fields()); } catch (unable) {}
    // Whoever gives the code fears somebody in between, who may have put a key there with which nothing can be sealed.
    // What cannot be opened says no more than that, and the device answers it with a sentence.
    if (!sealed && (by("sealed") || (code && code.value))) sealed = "-";
    if (!sealed) {
      // A form that a script sends names no button by itself.
      if (pressed && pressed.name) add(form, pressed.name, pressed.value);
      return HTMLFormElement.prototype.submit.call(form);
    }
    box.method = "post";
    box.action = form.getAttribute("action") + location.hash;
    add(box, "token", token);
    add(box, "sealed", sealed);
    page.body.appendChild(box);
    box.submit();
  }
  function add(to, name, value) {
    var input = page.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    to.appendChild(input);
  }
  if (form && form.hasAttribute(KEY) && window.crypto && crypto.getRandomValues) {
    load();
    form.onclick = function (event) { if (event.target.type === "submit") pressed = event.target; };
    form.onsubmit = function (event) {
      event.preventDefault();
      waits = true;
      // Not for ever: worse than a form that can be read would be a button that does nothing.
      if (decided) send(); else setTimeout(decide, 10000);
    };
  }

  // Shows the passphrase as it is typed.
  if (by("reveal")) {
    by("reveal").hidden = false;
    by("show").onchange = function () { by("passphrase").type = this.checked ? "text" : "password"; };
  }

  // Copies the address. The modern way needs HTTPS, which a device has not.
  if (by("copying") && page.execCommand) {
    by("copying").hidden = false;
    by("copy").onclick = function () {
      var selection = getSelection(), range = page.createRange();
      range.selectNodeContents(by("address"));
      selection.removeAllRanges();
      selection.addRange(range);
      if (page.execCommand("copy")) by("copied").textContent = by("copied").getAttribute("data-say");
    };
  }
})();
