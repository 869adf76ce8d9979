// In the device's page on the dashboard, and nowhere else: tells the dashboard which letter was pressed where nothing is
// typed, so that its keys work wherever the focus is. What is typed into a field stays there.
addEventListener("keydown", function (event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !/^[a-z]$/i.test(event.key)) return;
  if (event.target.closest("input:not([type=radio]):not([type=checkbox]), select, textarea")) return;
  parent.postMessage({ key: event.key.toLowerCase() }, "*");
});
