// steward.js: what makes the pages quicker to work with. Nothing here is needed to read or to change
// anything: menus are details, filters are forms, dialogs are pages. Order: menus, dialogs, answers, timers,
// rows, selection, keyboard, theme, small things. No globals; state lives in the address and in the page.
(() => {
  "use strict";
  const one = (sel, from = document) => from.querySelector(sel);
  const all = (sel, from = document) => [...from.querySelectorAll(sel)];
  const remembered = (key, fallback) => { try { return localStorage.getItem(key) ?? fallback; } catch { return fallback; } };
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* a private window: for this page only */ } };
  const speak = (text) => { const live = one("#spoken"); if (live) live.textContent = text; };

  // ── Menus ── one open at a time, Esc and a click elsewhere close, arrows move, the window's edge flips.
  const openMenus = () => all("details.st-drop[open]");
  const closeMenus = (except) => openMenus().forEach((d) => { if (d !== except && !d.contains(except)) d.open = false; });
  document.addEventListener("toggle", (e) => {
    const menu = e.target;
    if (!(menu instanceof HTMLDetailsElement) || !menu.matches(".st-drop")) return;
    menu.classList.remove("st-flip-x", "st-flip-y");
    if (!menu.open) return;
    closeMenus(menu);
    const box = one(".dropdown-menu", menu)?.getBoundingClientRect();
    if (!box || getComputedStyle(one(".dropdown-menu", menu)).position === "fixed") return;
    const top = menu.getBoundingClientRect().top;
    if (box.bottom > innerHeight - 8 && top > box.height + 8) menu.classList.add("st-flip-y");
    if (box.right > innerWidth - 8) menu.classList.add("st-flip-x");
  }, true);
  document.addEventListener("click", (e) => { if (!e.target.closest("details.st-drop")) closeMenus(null); });
  document.addEventListener("focusin", (e) => { if (!e.target.closest("details.st-drop[open]")) closeMenus(null); });

  const moveInMenu = (menu, step) => {
    const items = all("a,button,input:not([type=hidden])", one(".dropdown-menu", menu));
    if (!items.length) return;
    const at = items.indexOf(document.activeElement);
    items[(at + step + items.length) % items.length].focus();
  };

  // ── Dialogs ── a fragment that arrives in #dialog is shown; focus goes to what was refused, to the first field, or to Cancel.
  const show = (dialog) => {
    if (dialog.open) return;
    closeMenus(null);
    all("[data-when]", dialog).forEach((line) => { line.hidden = !one(line.dataset.when); }); // the keys that this page has
    dialog.showModal();
    const first = one("[aria-invalid=true]", dialog) ?? one("[data-focus]", dialog) ?? one("input:not([type=hidden]),select,textarea,button[type=submit]", dialog);
    first?.focus();
    first?.select?.();
    runTimers(dialog);
  };
  const slot = one("#dialog");
  let opener = null;
  if (slot) {
    new MutationObserver(() => all("dialog[data-dialog]:not([open])", slot).forEach(show)).observe(slot, { childList: true });
  }
  document.addEventListener("click", (e) => {
    const link = e.target.closest("[data-opens-dialog]");
    if (link) opener = link.closest("details.st-drop")?.querySelector("summary") ?? link;
    const named = e.target.closest("[data-opens]");
    if (named) {
      named.closest("details.st-drop")?.querySelector("summary").focus(); // where focus returns to
      show(document.getElementById(named.dataset.opens));
    }
    const closes = e.target.closest("[data-closes]");
    const dialog = closes?.closest("dialog[open]");
    if (dialog) { e.preventDefault(); dialog.close(); }
  });
  document.addEventListener("close", (e) => {
    if (!e.target.matches?.("dialog[data-dialog]")) return;
    slot.replaceChildren();
    opener?.focus?.();
  }, true);
  // a click on the ground beside a dialog closes it, unless something was typed
  document.addEventListener("pointerdown", (e) => {
    if (!e.target.matches("dialog.st-dialog[open]")) return;
    const typed = all("input:not([type=hidden]),textarea", e.target).some((f) => f.value !== f.defaultValue);
    if (!typed) e.target.close();
  });

  // ── Answers ── what htmx could not put in its place is shown all the same, never swallowed.
  const problem = (title, text) => {
    const body = one("#dialog .modal-body");
    if (!body) return false;
    one(".st-note[role=alert]", body)?.remove();
    const note = document.createElement("div"), words = document.createElement("span"), bold = document.createElement("b");
    note.className = "st-note k-bad mb-3";
    note.setAttribute("role", "alert");
    bold.textContent = title;
    words.append(bold, " " + text);
    note.append(words);
    body.prepend(note);
    return true;
  };
  document.addEventListener("htmx:before:swap", (e) => {
    const ctx = e.detail?.ctx;
    if (!ctx || typeof ctx.text !== "string") return;
    const target = typeof ctx.target === "string" ? one(ctx.target) : ctx.target;
    const wanted = target === slot ? "dialog[data-dialog]" : ctx.select;
    if (!wanted) return;
    const page = new DOMParser().parseFromString(ctx.text, "text/html");
    if (page.querySelector(wanted)) return;
    e.preventDefault();
    const title = page.querySelector("h1")?.textContent.trim() || "That did not work, and nothing was changed.";
    const text = page.querySelector("h1 ~ p")?.textContent.trim() || "";
    if (target === slot && problem(title + (/[.?!]$/.test(title) ? "" : "."), text)) return;
    location.assign(ctx.request.action); // the whole page says what is wrong
  });
  document.addEventListener("htmx:error", () => {
    problem("Steward did not answer.", "Nothing is known to have changed. Check your connection, then try again.") || speak("Steward did not answer.");
  });

  // ── Timers ── count down in sight; not spoken each second.
  const runTimers = (from) => all("[data-seconds]", from).forEach((el) => {
    const ends = Date.now() + 1000 * Number(el.dataset.seconds);
    if (!Number(el.dataset.seconds) || el.dataset.runs) return;
    el.dataset.runs = "1";
    const tick = () => {
      const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
      el.textContent = left ? `valid ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "no longer valid";
      if (left && el.isConnected) setTimeout(tick, 1000);
    };
    tick();
  });
  runTimers(document);

  // ── Rows ── a cursor over the lines of a list.
  const rows = () => all("[data-row]").filter((r) => r.offsetParent !== null);
  const current = () => one("[data-row].st-cursor");
  const setCursor = (row) => {
    current()?.classList.remove("st-cursor");
    if (!row) return;
    row.classList.add("st-cursor");
    row.scrollIntoView({ block: "nearest" });
    (one("[data-open]", row) ?? one("summary", row) ?? one("a", row))?.focus({ preventScroll: true });
  };
  const step = (by) => {
    const list = rows();
    if (!list.length) { one(by > 0 ? ".st-crumb [rel=next]" : ".st-crumb [rel=prev]")?.click(); return; }
    const focused = document.activeElement?.closest?.("[data-row]");
    const at = list.indexOf(current() ?? focused);
    setCursor(list[Math.min(Math.max(at + by, 0), list.length - 1)]);
  };

  // ── Selection ── the bar appears with the first tick and says the number.
  const ticks = () => all("td.st-pick input[type=checkbox]");
  let lastTick = null;
  const counted = () => {
    const on = ticks().filter((t) => t.checked);
    ticks().forEach((t) => { const row = t.closest("tr"); if (t.checked) row.setAttribute("aria-selected", "true"); else row.removeAttribute("aria-selected"); });
    const head = one("[data-pick-all]");
    if (head) { head.checked = on.length > 0 && on.length === ticks().length; head.indeterminate = on.length > 0 && !head.checked; }
    const bar = one("[data-bulk]");
    if (!bar) return;
    const was = bar.hidden;
    bar.hidden = on.length === 0;
    one("[data-bulk-count]", bar).textContent = on.length.toLocaleString("en");
    if (was !== bar.hidden || on.length) speak(on.length ? `${on.length} selected` : "Nothing selected");
  };
  const tickAll = (on) => { ticks().forEach((t) => { t.checked = on; }); counted(); };
  document.addEventListener("change", (e) => {
    if (e.target.matches("[data-pick-all]")) tickAll(e.target.checked);
    else if (e.target.matches("td.st-pick input")) counted();
  });
  document.addEventListener("click", (e) => {
    if (e.target.closest("[data-bulk-clear]")) tickAll(false);
    const tick = e.target.closest("td.st-pick input");
    if (!tick) return;
    if (e.shiftKey && lastTick?.isConnected) {
      const list = ticks(), a = list.indexOf(lastTick), b = list.indexOf(tick);
      list.slice(Math.min(a, b), Math.max(a, b) + 1).forEach((t) => { t.checked = tick.checked; });
      counted();
    }
    lastTick = tick;
  });
  counted();

  // ── Keyboard ── single letters work outside fields only and can be switched off.
  const switchedOn = () => document.body.dataset.keys !== "off" && remembered("st-keys", "on") === "on";
  const inField = (el) => el?.closest?.("input:not([type=checkbox]):not([type=radio]),select,textarea,[contenteditable]");
  let goes = 0;
  const keys = {
    "/": () => { const f = one("[data-search]"); f?.focus(); f?.select(); return f; },
    "?": () => { const d = one("#keys"); if (d) show(d); return d; },
    j: () => step(1), k: () => step(-1),
    o: () => { const r = current(); (one("[data-open]", r ?? document.createElement("i")) ?? one("summary", r ?? document.createElement("i")))?.click(); },
    e: () => (one("[data-key=e]", current() ?? document) ?? one("[data-key=e]"))?.click(),
    n: () => one("[data-key=n]")?.click(),
    f: () => { const add = one(".st-chips summary.st-add"); add?.click(); add?.focus(); },
    x: () => { const t = current() && one("td.st-pick input", current()); if (t) { t.checked = !t.checked; counted(); } },
    a: () => ticks().length && tickAll(true),
    "[": () => one(".st-foot [rel=prev]")?.click(),
    "]": () => one(".st-foot [rel=next]")?.click(),
    g: () => { goes = Date.now(); },
  };
  // on the window and first: Tabler listens to the same keys inside .dropdown-menu and knows no details
  window.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === "k") {
      const find = one("[data-find]");
      if (find) { e.preventDefault(); find.click(); }
      return;
    }
    if ((e.ctrlKey || e.metaKey) && e.key === "Enter") {
      const form = document.activeElement?.closest?.("form[method=post]");
      if (form) { e.preventDefault(); form.requestSubmit(one(".btn-primary[type=submit],.btn-danger[type=submit]", form)); }
      return;
    }
    if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "s") {
      const form = one("dialog[open] form[method=post]") ?? one("main form.st-form");
      if (form) { e.preventDefault(); form.requestSubmit(one(".btn-primary[type=submit],.btn-danger[type=submit]", form)); }
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    const menu = document.activeElement?.closest?.("details.st-drop[open]");
    if (e.key === "Escape") {
      if (one("dialog[open]")) return; // the dialog closes itself
      if (menu) { e.stopPropagation(); menu.open = false; one("summary", menu).focus(); return; }
      if (openMenus().length) { closeMenus(null); return; }
      if (inField(document.activeElement)) { document.activeElement.blur(); return; }
      if (ticks().some((t) => t.checked)) tickAll(false);
      return;
    }
    if (menu && (e.key === "ArrowDown" || e.key === "ArrowUp") && !inField(document.activeElement)) {
      e.preventDefault();
      e.stopPropagation();
      moveInMenu(menu, e.key === "ArrowDown" ? 1 : -1);
      return;
    }
    if (!switchedOn() || inField(document.activeElement) || one("dialog[open]") || menu) return;
    if (Date.now() - goes < 1200 && e.key !== "g") {
      goes = 0;
      const place = one(`a[data-go="${CSS.escape(e.key.toLowerCase())}"]`);
      if (place) { e.preventDefault(); place.click(); return; }
    }
    const run = keys[e.key];
    if (run) { e.preventDefault(); run(); }
  }, true);
  const toggle = one("[data-keys-switch]");
  if (toggle) {
    toggle.checked = switchedOn();
    toggle.addEventListener("change", () => remember("st-keys", toggle.checked ? "on" : "off"));
  }

  // ── Theme ── seen at once, kept by the server.
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!form.matches("[data-theme-form]")) return;
    e.preventDefault();
    const root = document.documentElement;
    const dark = root.dataset.bsTheme === "dark" || (root.dataset.bsTheme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    const body = new URLSearchParams(new FormData(form, e.submitter));
    if (form.closest(".st-side-foot") === form.parentElement) body.set("theme", dark ? "light" : "dark");
    root.dataset.bsTheme = body.get("theme");
    all("[data-theme-form] .dropdown-item").forEach((b) => { if (b.value === body.get("theme")) b.setAttribute("aria-current", "true"); else b.removeAttribute("aria-current"); });
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => form.submit());
  });

  // empty fields of a filter do not belong in the address
  document.addEventListener("submit", (e) => {
    if (!e.target.matches("form.st-facet,form.st-find")) return;
    const empty = all("input[name]", e.target).filter((f) => f.value === "");
    empty.forEach((f) => { f.disabled = true; });
    setTimeout(() => empty.forEach((f) => { f.disabled = false; }));
  });

  // ── Passkeys ── the server asks, the device answers, and the answer goes where the form goes.
  if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) document.documentElement.classList.add("st-has-passkeys");
  document.addEventListener("click", async (e) => {
    const button = e.target.closest("[data-passkey-go]");
    if (!button) return;
    const form = button.form, says = button.parentElement.querySelector("[data-passkey-says]");
    button.disabled = true;
    says.textContent = "";
    try {
      const asked = await fetch(form.dataset.ask, { method: "POST", headers: { Accept: "application/json" } });
      const question = await asked.json();
      if (!asked.ok) throw new Error(question.detail);
      const read = window.PublicKeyCredential;
      const answer = form.dataset.passkey === "make"
        ? await navigator.credentials.create({ publicKey: read.parseCreationOptionsFromJSON(question) })
        : await navigator.credentials.get({ publicKey: read.parseRequestOptionsFromJSON(question) });
      one("input[name=answer]", form).value = JSON.stringify(answer.toJSON());
      form.requestSubmit();
    } catch (problem) {
      const calm = { NotAllowedError: "No passkey was shown. Try again, or take another way.", InvalidStateError: "This device has a passkey for this account already." };
      says.textContent = calm[problem.name] ?? (problem.message || "That did not work. Try again, or take another way.");
      button.disabled = false;
    }
  });

  // ── Small things ── copying; the level of an area ticks its permissions.
  document.addEventListener("click", async (e) => {
    const button = e.target.closest("[data-copy]");
    if (!button) return;
    const text = button.dataset.copy === "here" ? location.href : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
      speak("Copied");
      button.classList.add("st-copied");
      setTimeout(() => button.classList.remove("st-copied"), 1600);
    } catch {
      const field = button.parentElement.querySelector("input[readonly]");
      field?.select();
      speak("Press Ctrl C to copy");
    }
  });
  document.addEventListener("change", (e) => {
    const level = e.target.closest("[data-matrix] .st-seg input");
    if (!level) return;
    const order = { none: 0, view: 1, edit: 2 };
    all(".st-verbs input[data-at]", level.closest("tr")).forEach((tick) => {
      if (!tick.disabled && tick.dataset.at) tick.checked = order[tick.dataset.at] <= order[level.value];
      if (!tick.disabled && !tick.dataset.at && level.value === "none") tick.checked = false;
    });
  });
  document.addEventListener("htmx:after:swap", () => { counted(); runTimers(document); });
  all(".st-appnav [aria-current],.st-tabs [aria-current]").forEach((a) => { // a strip that scrolls begins where one is
    const strip = a.parentElement, over = a.getBoundingClientRect().right - strip.getBoundingClientRect().right;
    if (over > 0) strip.scrollLeft += over + 24;
  });
  const focus = one("main [data-focus]");
  if (focus && !one("dialog[open]")) focus.focus();
})();
