"use strict";
(() => {
  const form = document.getElementById("filter");
  const details = [...document.querySelectorAll("details")];
  let before = null;
  addEventListener("beforeprint", () => {
    before ??= details.filter((each) => !each.open);
    for (const each of before) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of before ?? []) each.open = false;
    before = null;
  });
  if (!form) return;

  const FEW = 25;
  const findings = [...document.querySelectorAll(".finding")].map((element) => ({
    element,
    severity: element.dataset.severity,
    areas: element.dataset.areas.split("|"),
    sources: element.dataset.sources.split("|"),
    group: element.closest(".group"),
    text: [element.closest(".group").querySelector("summary"), element.querySelector("summary"), element.querySelector(".facts")]
      .map((part) => part.textContent).join(" ").replace(/\s+/g, " ").toLowerCase(),
  }));
  const groups = [...document.querySelectorAll("#findings .group")];
  const button = document.getElementById("open");
  const opened = new Map(groups.map((group) => [group, group.open]));
  const boxes = (name) => [...form.querySelectorAll(`input[name="${name}"]`)];
  const chosen = (name) => boxes(name).filter((box) => box.checked).map((box) => box.value);
  const all = (name) => boxes(name).every((box) => box.checked);

  function tell(size, count) {
    size.textContent = count === Number(size.dataset.all) ? size.dataset.all : `${count} of ${size.dataset.all}`;
  }

  function show() {
    const severities = chosen("severity"), sources = chosen("source");
    const area = form.elements.area.value;
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const narrowed = Boolean(area || words.length || !all("severity") || !all("source"));
    const counts = new Map();
    let shown = 0;
    for (const each of findings) {
      const fits = severities.includes(each.severity)
        && (all("source") || each.sources.some((source) => sources.includes(source)))
        && (!area || each.areas.includes(area))
        && words.every((word) => each.text.includes(word));
      each.element.hidden = !fits;
      if (fits) { shown += 1; counts.set(each.group, (counts.get(each.group) ?? 0) + 1); }
    }
    for (const shelf of document.querySelectorAll(".shelf")) shelf.hidden = !shelf.querySelector(".finding:not([hidden])");
    for (const group of groups) {
      group.hidden = !counts.has(group);
      tell(group.querySelector("summary .size"), counts.get(group) ?? 0);
      group.open = (words.length || area) && shown <= FEW ? true : opened.get(group);
    }
    for (const section of document.querySelectorAll(".severity")) {
      const count = section.querySelectorAll(".finding:not([hidden])").length;
      section.hidden = !count;
      tell(section.querySelector("h2 .size"), count);
    }
    document.getElementById("none").hidden = shown > 0;
    document.getElementById("shown").textContent = narrowed ? `${shown} of ${findings.length} findings` : `${findings.length} findings`;
  }

  function keep() {
    const state = new URLSearchParams();
    for (const name of ["severity", "source"]) if (!all(name)) state.set(name, chosen(name).join(","));
    for (const name of ["area", "text"]) if (form.elements[name].value) state.set(name, form.elements[name].value);
    const hash = state.toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  }

  function restore() {
    const hash = location.hash.slice(1);
    if (!hash.includes("=")) return reveal(hash);
    const state = new URLSearchParams(hash);
    for (const name of ["severity", "source"]) {
      const values = state.has(name) ? state.get(name).split(",") : null;
      for (const box of boxes(name)) box.checked = values === null || values.includes(box.value);
    }
    for (const name of ["area", "text"]) form.elements[name].value = state.get(name) ?? "";
    show();
  }

  function reveal(id) {
    const target = id && document.getElementById(id);
    if (!target) return;
    if (target.closest("[hidden]")) { form.reset(); show(); }
    for (let each = target.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
    target.scrollIntoView();
  }

  form.hidden = false;
  form.addEventListener("input", () => { show(); keep(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { show(); keep(); }));
  button.addEventListener("click", () => {
    const open = button.textContent === "Open all";
    for (const group of groups) { group.open = open; opened.set(group, open); }
    button.textContent = open ? "Close all" : "Open all";
  });
  for (const group of groups) group.querySelector("summary").addEventListener("click", () => opened.set(group, !group.open));
  addEventListener("hashchange", restore);
  show();
  restore();
})();
