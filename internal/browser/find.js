// Finds things on a page the way a person does: by what is written on or beside
// them. Evaluated through DevTools, so it works where the page's own script is
// forbidden or switched off.
((root) => {
  const scope = root ? document.querySelector(root) : document;
  const tidy = (s) => (s || "").replace(/\s+/g, " ").trim();
  const visible = (el) =>
    el.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) &&
    el.getBoundingClientRect().width > 0;
  const named = (el) => {
    const by = (el.getAttribute("aria-labelledby") || "")
      .split(" ").filter(Boolean)
      .map((id) => document.getElementById(id)?.textContent || "").join(" ");
    const labels = el.labels ? [...el.labels].map((l) => l.innerText || l.textContent) : [];
    return [el.getAttribute("aria-label"), by, ...labels, el.getAttribute("title")].map(tidy).filter(Boolean);
  };
  const words = (el) => [tidy(el.innerText), tidy(el.value), tidy(el.textContent), ...named(el)].filter(Boolean);
  // The best of els: exactly so named, else beginning so, else containing it.
  // An open dialog covers what is behind it.
  const best = (els, names, wanted) => {
    const dialog = [...document.querySelectorAll("dialog:modal")].pop();
    const within = dialog ? els.filter((el) => dialog.contains(el)) : els;
    for (const fits of [(s) => s === wanted, (s) => s.startsWith(wanted), (s) => s.includes(wanted)]) {
      const found = within.find((el) => names(el).some(fits));
      if (found) return found;
    }
    return null;
  };
  const all = (css) => (scope ? [...scope.querySelectorAll(css)] : []);
  const fields = "input:not([type=hidden]):not([type=submit]):not([type=button]), textarea, select";
  return {
    field(wanted) {
      const shown = all(fields).filter(visible);
      return best(shown, (el) => [el.name, el.id], wanted) && shown.find((el) => el.name === wanted || el.id === wanted)
        || best(shown, (el) => [...named(el), tidy(el.placeholder)].filter(Boolean), wanted);
    },
    file(wanted) {
      const files = all("input[type=file]");
      return files.find((el) => el.name === wanted || el.id === wanted) || best(files, named, wanted);
    },
    pressable(wanted) {
      const els = all("a[href], button, summary, input[type=submit], input[type=button], [role=button], [role=tab], [role=menuitem], label");
      const real = els.filter((el) => visible(el) && !el.disabled);
      const controls = real.filter((el) => el.tagName !== "LABEL");
      return best(controls, words, wanted) || best(real, words, wanted);
    },
    // A radio button or checkbox; group is the legend or label around it, or "".
    choice(group, wanted) {
      let els = all("input[type=radio], input[type=checkbox]");
      if (group) {
        const around = (el) => {
          const sets = [];
          for (let set = el.closest("fieldset, [role=radiogroup], [role=group]"); set; set = set.parentElement.closest("fieldset, [role=radiogroup], [role=group]")) {
            sets.push(set);
          }
          return sets.flatMap((s) => [s.querySelector("legend")?.innerText, ...named(s)]).map(tidy).filter(Boolean);
        };
        const inside = els.filter((el) => el.name === group || around(el).some((s) => s === group || s.startsWith(group)));
        if (!inside.length) return null;
        els = inside;
      }
      const el = best(els, named, wanted) || els.find((e) => e.value === wanted || (!group && e.name === wanted));
      if (!el) return null;
      return visible(el) && el.getBoundingClientRect().width > 4 ? el : (el.labels && el.labels[0]) || el;
    },
    option(select, wanted) {
      const names = (o) => [tidy(o.text), o.value].filter(Boolean);
      return best([...select.options], names, wanted);
    },
    // The topmost thing at the middle of el, when that is not el: what covers it.
    covered(el) {
      el.scrollIntoView({ block: "center", behavior: "instant" });
      const r = el.getClientRects()[0] || el.getBoundingClientRect();
      const top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
      if (!top || el.contains(top) || top.contains(el) || (el.labels && [...el.labels].some((l) => l.contains(top)))) return "";
      return top.outerHTML.slice(0, 120);
    },
    text(css) {
      const el = css ? scope && scope.querySelector(css) : scope === document ? document.body : scope;
      return el ? tidy(el.innerText) : null;
    },
    count(css) {
      return all(css).length;
    },
  };
})
